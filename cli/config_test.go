package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/storage"
)

// write makes files in a new folder, and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func inPlant(t *testing.T, dir string, args ...string) got {
	t.Helper()
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "DIR", dir)
	}
	g := call(t, cli.Config{Repositories: []*dagster.Repository{plant()}}, at(filepath.Join(dir, "home"), args...)...)
	g.stderr = strings.ReplaceAll(g.stderr, dir+"/", "")
	return g
}

// configured is the config that a run was recorded with.
func configured(t *testing.T, dir string) string {
	t.Helper()
	g := inPlant(t, dir, "run", "show", "latest", "--json")
	requireCode(t, 0, g)
	var run struct {
		Config struct {
			Config struct {
				Feed json.RawMessage `json:"feed"`
			} `json:"config"`
		} `json:"config"`
	}
	require.NoError(t, json.Unmarshal([]byte(g.stdout), &run))
	return string(run.Config.Config.Feed)
}

func TestConfigFiles(t *testing.T) {
	t.Setenv("CLI_TEST_LIMIT", "2")
	t.Setenv("CLI_TEST_WORD", "007")
	t.Setenv("CLI_TEST_FAST", "true")
	t.Setenv("CLI_TEST_SECRET", "sesame")

	dir := write(t, map[string]string{
		"a.yaml": `# what is written here is YAML
config:
  feed: &feed
    url: {env: CLI_TEST_WORD}    # text, and so never a number
    limit: {env: CLI_TEST_LIMIT}
    fast: {env: CLI_TEST_FAST}
    wait: 1m
    token: {env: CLI_TEST_SECRET}
    labels: {a: 2024-01-02, b: "yes", "c.d": yes}
    ratios: [1, 2.5, 1e3, 0x10, 1_000, .5]
    where: {env: prod}
    any: [null, ~, true, False, 0o17, "1", 12345678901234567890123, {env: CLI_TEST_LIMIT}]
    mode: b
    version: '1.10'
`,
		"b.json": "\ufeff" + `{"config": {"feed": {"limit": 1, "labels": {"b": "no"}, "ratios": [], "url": "\ud83d\ude00"}}}`,
		"c":      `  {config: {feed: {limit: 0}}}`,
		"d.yaml": "config: {feed: {url: &word x, version: *word, wait: 90}}",
	})
	want := map[string]string{
		"--config DIR/a.yaml": `{"url":"007","limit":2,"fast":true,"wait":"1m0s","token":{"env":"CLI_TEST_SECRET"},"labels":{"a":"2024-01-02","b":"yes","c.d":"yes"},` +
			`"ratios":[1,2.5,1000,16,1000,0.5],"where":{"env":"prod"},"any":[null,null,true,false,15,"1",12345678901234567890123,2],"mode":"b","version":"1.10"}`,
		"--config DIR/a.yaml --config DIR/b.json --set config.feed.labels.'c.d'=": `{"url":"😀","limit":1,"fast":true,"wait":"1m0s","token":{"env":"CLI_TEST_SECRET"},` +
			`"labels":{"a":"2024-01-02","b":"no","c.d":""},"ratios":[],"where":{"env":"prod"},"any":[null,null,true,false,15,"1",12345678901234567890123,2],"mode":"b","version":"1.10"}`,
		"--config DIR/c":      `{"url":"https://example.com","limit":0,"fast":false,"wait":"0s","token":{"env":"DAGSTER_CLI_TEST_TOKEN"},"labels":null,"ratios":null,"where":{"env":""},"any":null,"mode":"a","version":""}`,
		"--config DIR/d.yaml": `{"url":"x","limit":3,"fast":false,"wait":"90ns","token":{"env":"DAGSTER_CLI_TEST_TOKEN"},"labels":null,"ratios":null,"where":{"env":""},"any":null,"mode":"a","version":"x"}`,
		`--set config.feed.limit=1 --set config.feed.labels={"x":"1"} --set config."feed".url=a=b --set config.feed.token.env=CLI_TEST_SECRET --set config.feed.where.env=dev --set config.feed.any={env:.CLI_TEST_LIMIT}`: `{"url":"a=b","limit":1,"fast":false,"wait":"0s","token":{"env":"CLI_TEST_SECRET"},"labels":{"x":"1"},"ratios":null,"where":{"env":"dev"},"any":2,"mode":"a","version":""}`,
		`--set config.feed.version={env:.CLI_TEST_LIMIT} --set config.feed.limit=1`: `{"url":"https://example.com","limit":1,"fast":false,"wait":"0s","token":{"env":"DAGSTER_CLI_TEST_TOKEN"},"labels":null,"ratios":null,"where":{"env":""},"any":null,"mode":"a","version":"2"}`,
	}
	for flags, config := range want {
		args := []string{"job", "execute", "nightly"}
		for f := range strings.FieldsSeq(flags) {
			args = append(args, strings.ReplaceAll(f, ":.", ": "))
		}
		requireCode(t, 0, inPlant(t, dir, args...))
		assert.JSONEq(t, config, configured(t, dir), flags)
		events := inPlant(t, dir, "run", "events", "latest", "--json")
		assert.NotContains(t, events.stdout, "sesame")
	}
}

// The config of a single step may hold references as well.
func TestConfigOfOneStep(t *testing.T) {
	t.Setenv("CLI_TEST_LIMIT", "9")
	dir := write(t, map[string]string{"a.yaml": "ops:\n  list:\n    config:\n      limit: {env: CLI_TEST_LIMIT}\n"})
	g := inPlant(t, dir, "job", "execute", "nightly", "--config", "DIR/a.yaml")
	requireCode(t, 1, g)
	assert.Contains(t, g.stdout, "clean[k8]")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("ops:\n  list:\n    config:\n      limit: {env: CLI_TEST_UNSET}\n"), 0o600))
	g = inPlant(t, dir, "job", "execute", "nightly", "--config", "DIR/a.yaml")
	requireCode(t, 2, g)
	assert.Equal(t, "shop: a.yaml:4:14: environment variable \"CLI_TEST_UNSET\" is not set\n", g.stderr)
}

// Everything that is wrong is told at once, in the order in which it is written, and nothing is made.
func TestTenMistakes(t *testing.T) {
	t.Parallel()

	dir := write(t, map[string]string{
		"a.yaml": `config:
  feed:
    url: 3
    limit: many
    limits: 3
    token: {env: CLI_TEST_UNSET}
    fast: {env: CLI_TEST_UNSET}
    limit: 4
    ratios: [1, x, .inf]
    <<: {mode: a}
  fed: {}
extra: true
`,
		"b.json": "{\n  \"config\": {\"feed\": {\"mode\": \"c\",\n\t\"mode\": \"a\", \"wait\": \"long\"}}}\n",
	})
	g := inPlant(t, dir, "job", "execute", "nightly", "--config", "DIR/a.yaml", "--config", "DIR/b.json", "--set", "config.feed.where.x.y=1", "--set", "config.feed.url.x=1")
	requireCode(t, 2, g)
	golden(t, "tenmistakes", g.stderr)
	assert.Empty(t, g.stdout)
	assert.NoDirExists(t, filepath.Join(dir, "home"))
}

func TestConfigThatCannotBeRead(t *testing.T) {
	t.Parallel()

	var bomb strings.Builder
	bomb.WriteString("a: &a [" + strings.Repeat("x, ", 9) + "]\n")
	for c := 'b'; c <= 'h'; c++ {
		fmt.Fprintf(&bomb, "%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9))
	}
	var wide strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&wide, "k%d: 1\n", i)
	}
	var deep strings.Builder
	for i := range 1000 {
		deep.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, tt := range map[string]struct{ file, text, want string }{
		"a bomb of aliases":         {"a.yaml", bomb.String(), "a.yaml:5:\\d+: more than 50000 values, counting those that an alias repeats"},
		"an alias of itself":        {"a.yaml", "a: &a [*a]", "a.yaml:1:\\d+: nested more than 64 levels deep"},
		"too many values":           {"a.yaml", wide.String(), "a.yaml:50000:\\d+: more than 50000 values|a.yaml:1:1: it takes too long to read"},
		"too deep":                  {"a.yaml", strings.Repeat("[", 40_000), "a.yaml:\\d+:\\d+: "},
		"too deep, by lines":        {"a.yaml", deep.String(), "a.yaml:66:66: nested more than 64 levels deep"},
		"too deep, in JSON":         {"a.json", strings.Repeat("[", 500_000), "a.json:1:10001: .* exceeded max depth"},
		"rather deep, in JSON":      {"a.json", strings.Repeat("[", 100) + strings.Repeat("]", 100), "a.json:1:66: nested more than 64 levels deep"},
		"too many values, in JSON":  {"a.json", "[" + strings.Repeat("1,", 60_000) + "1]", "a.json:1:\\d+: more than 50000 values"},
		"too long":                  {"a.yaml", "a: " + strings.Repeat("x", 1<<20), `--config: read ".*a.yaml": longer than 1 MiB`},
		"nothing":                   {"a.yaml", "\n  \n", `it is empty`},
		"nothing but comments":      {"a.yaml", "# none\n", `a.yaml:1:1: nothing but comments`},
		"a list":                    {"a.yaml", "- 1\n", `a.yaml:1:1: want names and values`},
		"a word":                    {"a.json", "3\n", `a.json:1:1: want names and values`},
		"two documents":             {"a.yaml", "a: 1\n---\nb: 2\n", `a.yaml:\d:1: a second document: want one`},
		"two values":                {"a.json", "{}\n{}", `a.json:2:1: invalid character '{' after top-level value`},
		"bad YAML":                  {"a.yaml", "config:\n  feed: {limit: 1\n  x: [", `a.yaml:\d:\d+: did not find expected`},
		"bad JSON":                  {"a.json", "{\"config\":\n  {\"feed\": {\"limit\": 1,}}}", `a.json:2:24: invalid character '}' looking for beginning of object key string`},
		"what looks like bad JSON":  {"a", "{\"config\": {\"feed\":\n x\" ]}}", `a:2:2: invalid character 'x' looking for beginning of value`},
		"a tag":                     {"a.yaml", "config: {feed: {limit: !!python/name:os.system x}}", `a.yaml:1:24: unknown tag`},
		"a tag of an object":        {"a.yaml", "config: !x {feed: {}}", `a.yaml:1:9: unknown tag !x`},
		"a number that is none":     {"a.yaml", "config: {feed: {limit: !!int x}}", `a.yaml:1:24: want a whole number`},
		"a bool that is none":       {"a.yaml", "config: {feed: {fast: !!bool x}}", `a.yaml:1:23: want true or false`},
		"not a number":              {"a.yaml", "config: {feed: {ratios: [.nan]}}", `a.yaml:1:26: want a number that JSON can write`},
		"no name":                   {"a.yaml", "config: {feed: {? [a] : 1}}", `a.yaml:1:19: want a name before the colon`},
		"an alias of nothing":       {"a.yaml", "config: *x", `a.yaml:1:1: unknown anchor 'x' referenced`},
		"a reference to a variable": {"a.yaml", "config: {feed: {url: {env: CLI_TEST_UNSET}}}", `a.yaml:1:22: environment variable "CLI_TEST_UNSET" is not set`},
		"a key of many lines":       {"a.yaml", "config:\n  feed:\n    labels: {\"a\": 1}\n", `a.yaml:3:19: config.feed.labels`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			dir := write(t, map[string]string{tt.file: tt.text})
			begun := time.Now()
			g := inPlant(t, dir, "job", "execute", "nightly", "--config", "DIR/"+tt.file)
			requireCode(t, 2, g)
			assert.Regexp(t, tt.want, g.stderr)
			assert.Less(t, time.Since(begun), 20*time.Second)
			assert.Less(t, len(g.stderr), 2000, "it is not repeated")
			assert.NoDirExists(t, filepath.Join(dir, "home"))
		})
	}
}

func TestSetThatIsWrong(t *testing.T) {
	t.Parallel()

	for flag, want := range map[string]string{
		"config":                  "--set config: want PATH=VALUE, such as config.NAME.FIELD=3",
		"=1":                      "--set =1: a name is missing; want PATH=VALUE",
		"config..x=1":             "--set config..x=1: a name is missing",
		"config.\"x=1":            "a quote \" without its end",
		"config.'x'y=1":           "want PATH=VALUE",
		"config.feed.limit=[":     "--set config.feed.limit: did not find expected node content",
		"config.feed.limit=x":     "--set config.feed.limit: want int, got string",
		"config.feed.x=1":         "--set config.feed.x: unknown field",
		"config.fed.x=1":          "--set config.fed.x: config.fed: unknown config",
		"conf.x=1":                "--set conf.x: conf: unknown field",
		"config.feed.limit={a: b": "--set config.feed.limit: did not find expected",
	} {
		g := inPlant(t, t.TempDir(), "job", "execute", "nightly", "--set", flag)
		requireCode(t, 2, g)
		assert.Contains(t, g.stderr, want, flag)
	}
	g := inPlant(t, t.TempDir(), "job", "execute", "nightly", "--set", "config.feed.url=x", "--set", "config.feed.url.host=1", "--set", "config.feed.ratios=[1]", "--set", "config.feed.ratios.x=1")
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, `shop: --set config.feed.url.host: config.feed.url is no object, it has no "host" (--set config.feed.url)`)
	assert.Contains(t, g.stderr, `shop: --set config.feed.ratios.x: config.feed.ratios is no object, it has no "x"`)
}

type picky struct {
	By string `json:"by"`
}

func (p picky) Validate() error {
	if p.By == "" {
		return errors.New("by: want something")
	}
	return nil
}

// What a config's own check says stands beside the field that it is about.
func TestConfigThatChecksItself(t *testing.T) {
	t.Parallel()

	config := dagster.NewConfig("order", picky{By: "x"})
	op := dagster.NewOp1("op", func(context.Context, picky) (int, error) { return 1, nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] {
		op.As("other", config.Set(picky{By: "y"})).In(s, config)
		return op.In(s, config)
	})
	dir := write(t, map[string]string{"a.yaml": "config:\n  order:\n    by: ''\n"})
	cfg := cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", dagster.NewJob("j", g))}}
	got := call(t, cfg, at(newHome(t), "job", "execute", "j", "--config", dir+"/a.yaml")...)
	requireCode(t, 2, got)
	assert.Equal(t, `shop: a.yaml:3:9: config "order": by: want something`+"\n"+`shop: a.yaml:3:9: step "other": config "order": by: want something`+"\n",
		strings.ReplaceAll(got.stderr, dir+"/", ""))
}

// A retry takes the old run's config, and what is given over it.
func TestRetryWithConfig(t *testing.T) {
	t.Parallel()

	dir := write(t, map[string]string{"bad.yaml": "config:\n  feed:\n    limit: x\n"})
	requireCode(t, 0, inPlant(t, dir, "job", "execute", "nightly", "--set", "config.feed.limit=2", "--set", "config.feed.version=v"))
	requireCode(t, 0, inPlant(t, dir, "run", "retry", "latest", "--set", "config.feed.limit=1"))
	assert.Contains(t, configured(t, dir), `"limit": 1`)
	assert.Contains(t, configured(t, dir), `"version": "v"`)
	g := inPlant(t, dir, "run", "retry", "latest", "--config", "DIR/bad.yaml", "--set", "config.feed.mode=c")
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "shop: bad.yaml:3:12: config.feed.limit: want int")
	assert.Contains(t, g.stderr, "shop: --set config.feed.mode: want one of a, b")
	g = inPlant(t, dir, "run", "retry", "latest", "--set", "config.feed.url={env: CLI_TEST_UNSET}")
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, "shop: --set config.feed.url: environment variable \"CLI_TEST_UNSET\" is not set")
}

func TestScaffoldAndSchema(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	g := inPlant(t, dir, "job", "scaffold-config", "nightly")
	requireCode(t, 0, g)
	assert.Contains(t, g.stdout, "limit: 3")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "made.yaml"), []byte(g.stdout), 0o600))
	requireCode(t, 0, inPlant(t, dir, "job", "execute", "nightly", "--config", "DIR/made.yaml"))
	assert.Contains(t, configured(t, dir), `"limit": 3`, "to run with it changes nothing")

	g = inPlant(t, dir, "job", "config-schema", "nightly")
	requireCode(t, 0, g)
	assert.True(t, strings.HasPrefix(g.stdout, "{\n") && strings.HasSuffix(g.stdout, "}\n"), g.stdout)
	assert.Contains(t, g.stdout, `"limit"`)
}

// Whatever is read as config is taken, or refused with its place.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"config: {feed: {limit: 1}}", `{"config": {"feed": {"url": "x"}}}`, "a: &a [*a]", "config:\n  feed:\n    token: {env: X}\n", "{", "- 1", "<<: x",
		"ops: {op: {config: {limit: .inf, mode: a}}}", "config: {feed: {ratios: [1, x], labels: {a: }}}", "? [a]\n: b\n", "--- \n...\n--- 1",
	} {
		f.Add(seed)
	}
	config := dagster.NewConfig("feed", feed{Mode: "a"})
	op := dagster.NewOp1("op", func(context.Context, feed) (int, error) { return 1, nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[int] { return op.In(s, config) })
	repo := dagster.NewRepository("r", dagster.NewJob("j", g))
	f.Fuzz(func(t *testing.T, text string) {
		cfg := in(storage.NewMemory(), repo)
		cfg.Stdin = strings.NewReader(text)
		g := call(t, cfg, at(newHome(t), "job", "execute", "j", "--config", "-")...)
		if g.code == 2 {
			require.Regexp(t, `stdin:\d+:\d+: |--config: read "-": `, g.stderr, "%q", text)
			return
		}
		requireCode(t, 0, g)
	})
}
