package dagster_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/dagster-go/dagster"
)

var updateConfig = flag.Bool("update-config", false, "write the golden files of run config")

// feed is where rows come from: a folder or a bucket.
type feed interface{ open() string }

type folder struct {
	Dir string `json:"dir" doc:"where the files are" required:"true"`
}

func (f folder) open() string { return "folder " + f.Dir }

type bucket struct {
	Name  string         `json:"name" required:"true"`
	Key   dagster.Secret `json:"key"`
	Parts []feed         `json:"parts"`
}

func (b *bucket) open() string { return "bucket " + b.Name }

type fetchConfig struct {
	From   feed            `json:"from" doc:"where the rows come from"`
	Others map[string]feed `json:"others"`
	Mode   string          `json:"mode" enum:"full,delta"`
	Wait   time.Duration   `json:"wait"`
	Most   dagster.Size    `json:"most" doc:"bytes to read"`
	Since  time.Time       `json:"since"`
	Token  dagster.Secret  `json:"token"`
	Retry  *retryConfig    `json:"retry"`
	Rows   []rowConfig     `json:"rows"`
}

type retryConfig struct {
	Max int `json:"max"`
}

type rowConfig struct {
	Name string `json:"name" required:"true" doc:"as in the file"`
	N    int    `json:"n"`
}

type dbConfig struct {
	URL      string         `json:"url" required:"true" doc:"of the database"`
	Password dagster.Secret `json:"password" required:"true"`
}

type noticeConfig struct {
	Channel string `json:"channel"`
}

type unusedConfig struct {
	A int `json:"a"`
}

// fetching is a repository with two jobs and an asset that use different configs.
type fetching struct {
	repo   *dagster.Repository
	merged *dagster.Asset[string]
}

func newFetching() fetching {
	var literal dagster.Secret
	if err := json.Unmarshal([]byte(`"hunter2"`), &literal); err != nil {
		panic(err)
	}
	fetch := dagster.NewConfig("fetch", fetchConfig{
		From: folder{Dir: "data"}, Mode: "full", Wait: 90 * time.Second, Most: 64 << 20, Token: literal,
		Since: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), Rows: []rowConfig{{Name: "null", N: 1}},
	}, dagster.Case[feed]("folder", folder{}), dagster.Case[feed]("s3", &bucket{Key: dagster.Env("S3_KEY")}), dagster.Description("What to read."))
	database := dagster.NewConfig("db", dbConfig{})
	notice := dagster.NewConfig("notice", noticeConfig{Channel: "#data"})
	unused := dagster.NewConfig("unused", unusedConfig{})
	db := dagster.NewResource("db", dagster.From1(database, func(_ context.Context, c dbConfig) (string, error) { return c.URL, nil }), nil)

	read := dagster.NewOp2("read", func(_ context.Context, c fetchConfig, db string) (string, error) {
		return c.From.open() + " into " + db, nil
	})
	count := dagster.NewOp2("count", func(_ context.Context, s string, c noticeConfig) (string, error) { return s + " for " + c.Channel, nil })
	both := dagster.NewOp2("both", func(_ context.Context, c fetchConfig, n noticeConfig) (string, error) { return c.Mode + n.Channel, nil })
	inner := dagster.NewGraph("inner", func(s *dagster.Scope) dagster.Output[string] {
		return count.As("count_slow", notice.Set(noticeConfig{Channel: "#slow"})).In(s, read.In(s, fetch, db), notice)
	})
	join := dagster.NewOp2("join", func(_ context.Context, a, b string) (string, error) { return a + "; " + b, nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		return join.In(s, inner.In(s), both.In(s, fetch, notice))
	})
	nightly := dagster.NewJob("nightly", g, notice.Set(noticeConfig{Channel: "#nightly"}))
	tests := dagster.NewJob("tests", g, db.Replace("test"), dagster.OnFailure(dagster.From1(unused, dagster.Do1(func(context.Context, unusedConfig) error { return nil }))))
	merged := dagster.NewAsset("merged", dagster.From1(notice, func(_ context.Context, c noticeConfig) (string, error) { return c.Channel, nil }))
	plain := dagster.NewAsset("plain", dagster.From(func(context.Context) (int, error) { return 1, nil }))
	repo := dagster.NewRepository("r", nightly, tests, merged, plain, dagster.NewAssetJob("plain_only", "plain"))
	return fetching{repo: repo, merged: merged}
}

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "config", name)
	if *updateConfig {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// jsonOf turns YAML into JSON.
func jsonOf(t *testing.T, text []byte) []byte {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal(text, &v), "%s", text)
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return data
}

func resolved(t *testing.T, text []byte) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	require.NoError(t, json.Unmarshal(text, &s))
	r, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	require.NoError(t, err)
	return r
}

// metaSchema is the schema of schemas.
func metaSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	read := func(name ...string) (*jsonschema.Schema, error) {
		data, err := os.ReadFile(filepath.Join(append([]string{"internal", "schema", "testdata", "draft2020-12"}, name...)...))
		if err != nil {
			return nil, err
		}
		var s jsonschema.Schema
		return &s, json.Unmarshal(data, &s)
	}
	root, err := read("schema.json")
	require.NoError(t, err)
	meta, err := root.Resolve(&jsonschema.ResolveOptions{Loader: func(uri *url.URL) (*jsonschema.Schema, error) {
		return read("meta", filepath.Base(uri.Path)+".json")
	}})
	require.NoError(t, err)
	return meta
}

func TestRunConfigOfAJobAsSchemaAndExample(t *testing.T) {
	t.Parallel()
	f, meta := newFetching(), metaSchema(t)
	for _, job := range []string{"", "nightly", "tests", "plain_only"} {
		t.Run("job "+job, func(t *testing.T) {
			t.Parallel()
			text, err := f.repo.ConfigSchema(job)
			require.NoError(t, err)
			example, err := f.repo.ScaffoldConfig(job)
			require.NoError(t, err)
			name := job
			if job == "" {
				name = "assets"
			}
			golden(t, name+".json", append(text, '\n'))
			golden(t, name+".yaml", example)
			assert.NotContains(t, string(text)+string(example), "hunter2")

			var given any
			data := jsonOf(t, example)
			require.NoError(t, json.Unmarshal(data, &given))
			require.NoError(t, resolved(t, text).Validate(given))
			var document any
			require.NoError(t, json.Unmarshal(text, &document))
			require.NoError(t, meta.Validate(document))
			opts := []dagster.RunOption{dagster.RunConfig(data)}
			run := func() (*dagster.Result, error) { return f.repo.ExecuteJob(t.Context(), job, opts...) }
			if job == "" {
				run = func() (*dagster.Result, error) { return f.repo.Materialize(t.Context(), "*", opts...) }
			}
			_, err = run()
			require.NoError(t, err)
		})
	}
}

// What the schema of a job says of steps is what its runs accept.
func TestRunConfigOfSteps(t *testing.T) {
	t.Parallel()
	f := newFetching()
	text, err := f.repo.ConfigSchema("tests")
	require.NoError(t, err)
	r := resolved(t, text)
	for _, tt := range []struct {
		data string
		ok   bool
	}{
		{`{}`, true},
		{`{"ops": {"inner.read": {"config": {"mode": "delta"}}}}`, true},
		{`{"ops": {"inner": {"ops": {"read": {"config": {"mode": "delta"}}, "count_slow": {"config": {"channel": "#x"}}}}}}`, true},
		{`{"ops": {"both": {"config": {"fetch": {"mode": "delta"}, "notice": {"channel": "#x"}}}}}`, true},
		{`{"ops": {"both": {"config": {"mode": "delta"}}}}`, false},
		{`{"ops": {"inner.read": {"config": {"mode": "all"}}}}`, false},
		{`{"ops": {"join": {"config": {}}}}`, false},
		{`{"ops": {"nobody": {"config": {}}}}`, false},
		{`{"op": {}}`, false},
		{`{"config": {"fetch": {"from": {"ftp": {}}}}}`, false},
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(tt.data), &v))
		_, err := f.repo.ExecuteJob(t.Context(), "tests", dagster.RunConfig([]byte(tt.data)))
		if tt.ok {
			require.NoError(t, err, tt.data)
			require.NoError(t, r.Validate(v), tt.data)
			continue
		}
		require.Error(t, err, tt.data)
		require.Error(t, r.Validate(v), tt.data)
	}
}

func TestRunConfigOfVeryManySteps(t *testing.T) {
	t.Parallel()
	notice := dagster.NewConfig("notice", noticeConfig{})
	op := dagster.NewOp1("op", func(_ context.Context, c noticeConfig) (string, error) { return c.Channel, nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		for i := range 999 {
			op.As(fmt.Sprintf("op_%d", i)).In(s, notice)
		}
		return op.In(s, notice)
	})
	repo := dagster.NewRepository("r", dagster.NewJob("j", g))
	example, err := repo.ScaffoldConfig("j")
	require.NoError(t, err)
	assert.Less(t, strings.Count(string(example), "\n"), 40)
	assert.Contains(t, string(example), "# And 980 more steps.\n")
	text, err := repo.ConfigSchema("j")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(text), `"channel"`), "the config is described once")
}

func TestRequiredConfigThatNobodyGave(t *testing.T) {
	t.Parallel()
	f := newFetching()
	_, err := f.repo.ExecuteJob(t.Context(), "nightly")
	require.EqualError(t, err, "config.db.url: missing, it is required\nconfig.db.password: missing, it is required")
	_, err = f.repo.ExecuteJob(t.Context(), "nightly", dagster.RunConfig([]byte(`{"config": {"db": {"url": "x"}}}`)))
	require.EqualError(t, err, "config.db.password: missing, it is required")
	_, err = f.repo.ExecuteJob(t.Context(), "tests")
	require.NoError(t, err, "the database is replaced")

	need := dagster.NewConfig("need", rowConfig{})
	op := dagster.NewOp1("op", func(_ context.Context, c rowConfig) (string, error) { return c.Name, nil })
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[string] {
		op.As("first", need.Set(rowConfig{Name: "own"})).In(s, need)
		return op.In(s, need)
	})
	repo := dagster.NewRepository("r", dagster.NewJob("j", g))
	_, err = repo.ExecuteJob(t.Context(), "j")
	require.EqualError(t, err, "config.need.name: missing, it is required")
	_, err = repo.ExecuteJob(t.Context(), "j", dagster.RunConfig([]byte(`{"ops": {"op": {"config": {"n": 1}}}}`)))
	require.EqualError(t, err, "ops.op.config.name: missing, it is required")
	_, err = repo.ExecuteJob(t.Context(), "j", dagster.RunConfig([]byte(`{"ops": {"op": {"config": {"name": "given"}}}}`)))
	require.NoError(t, err)
	_, err = repo.ExecuteJob(t.Context(), "j", need.Set(rowConfig{Name: "set"}))
	require.NoError(t, err)
}

func TestRunConfigOfAnUnknownJob(t *testing.T) {
	t.Parallel()
	f := newFetching()
	_, err := f.repo.ConfigSchema("nightli")
	require.EqualError(t, err, `no job "nightli"; the repository has "nightly", "plain_only", "tests"`)
	_, err = f.repo.ScaffoldConfig("nightli")
	require.EqualError(t, err, `no job "nightli"; the repository has "nightly", "plain_only", "tests"`)
	_, err = dagster.NewRepository("", f.merged).ConfigSchema("")
	_, isDefinition := errors.AsType[*dagster.DefinitionError](err)
	assert.True(t, isDefinition)
}
