// Package examples_test checks that what the documents show is what the examples do.
package examples_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// block is a fenced part of a document.
type block struct {
	language string
	lines    []string
}

func blocks(t *testing.T, document string) []block {
	t.Helper()

	text, err := os.ReadFile(filepath.Join("..", document))
	require.NoError(t, err)
	var all []block
	open := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			all = append(all, block{language: language})
			open = true
		case fence:
			open = false
		case open:
			all[len(all)-1].lines = append(all[len(all)-1].lines, line)
		}
	}
	require.False(t, open, "%s: a block without an end", document)
	return all
}

// sources are the lines of every file that could be shown, each file as one text: without indentation, and without the
// marks of the comments that hold an example's output.
func sources(t *testing.T) []string {
	t.Helper()

	var all []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "documents_test.go" || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".txt") {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, flat(strings.Split(string(text), "\n")), flat(uncommented(string(text))))
		return err
	})
	require.NoError(t, err)
	own, err := filepath.Glob("../*_test.go") // the Examples of the package itself
	require.NoError(t, err)
	for _, path := range own {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all = append(all, flat(strings.Split(string(text), "\n")))
	}
	return all
}

func flat(lines []string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, line := range lines {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

func uncommented(text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(line), "// ")
	}
	return lines
}

// Each block of Go, and each text that a program prints, is a run of lines of a file that is compiled and tested.
func TestDocumentsShowRealCode(t *testing.T) {
	t.Parallel()

	all := sources(t)
	for _, document := range []string{"README.md", "docs/from-dagster.md", "docs/metadata.md", "docs/partitions.md", "docs/checks.md", "docs/asset-graph.md"} {
		shown := 0
		for _, b := range blocks(t, document) {
			if b.language != "go" && b.language != "text" {
				continue
			}
			shown++
			want := flat(b.lines)
			found := false
			for _, source := range all {
				found = found || strings.Contains(source, want)
			}
			assert.True(t, found, "%s: no example has these lines:\n%s", document, strings.Join(b.lines, "\n"))
		}
		assert.NotZero(t, shown, document)
	}
}

func TestReadmeBeginsWithTheQuickstart(t *testing.T) {
	t.Parallel()

	first := blocks(t, "README.md")[0]
	program, err := os.ReadFile("quickstart/main.go")
	require.NoError(t, err)
	assert.Equal(t, flat(strings.Split(strings.TrimSpace(string(program)), "\n")), flat(first.lines))
}

// masks hide what differs from run to run.
var masks = map[string]*regexp.Regexp{
	"RUN":  regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`),
	"TOOK": regexp.MustCompile(`\b[0-9]+(\.[0-9]+)?(µs|ms|s)\b`),
}

func masked(text string) string {
	for by, what := range masks {
		text = what.ReplaceAllString(text, by)
	}
	return flat(strings.Split(strings.TrimSpace(text), "\n"))
}

// build makes a program of an example.
func build(t *testing.T, example, name string) string {
	t.Helper()

	program := filepath.Join(t.TempDir(), name)
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, example).CombinedOutput()
	require.NoError(t, err, "%s", output)
	return program
}

// run calls a program in a folder, with its home there too.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()

	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DAGSTER_HOME=", "NO_COLOR=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return string(output)
}

func TestQuickstartPrintsWhatTheReadmeSays(t *testing.T) {
	t.Parallel()

	console := blocks(t, "README.md")[1]
	require.Equal(t, "console", console.language)
	dir, program := t.TempDir(), build(t, "./quickstart", "quickstart")
	var got strings.Builder
	for _, line := range console.lines {
		if command, ok := strings.CutPrefix(line, "$ go run ./examples/quickstart "); ok {
			got.WriteString(line + "\n" + run(t, dir, program, strings.Fields(command)...))
		} else if file, ok := strings.CutPrefix(line, "$ cat "); ok {
			text, err := os.ReadFile(filepath.Join(dir, file))
			require.NoError(t, err)
			got.WriteString(line + "\n" + string(text))
		}
	}
	assert.Equal(t, masked(got.String()), masked(strings.Join(console.lines, "\n")))
}

// Every command line of the section on the shell does something, in the order in which it is shown.
func TestCommandsOfTheReadmeExist(t *testing.T) {
	t.Parallel()

	dir, program := t.TempDir(), build(t, "./quickstart", "shop")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o600))
	shown := 0
	for _, b := range blocks(t, "README.md") {
		for _, line := range b.lines {
			command, ok := strings.CutPrefix(line, "$ shop ")
			if !ok {
				continue
			}
			shown++
			cmd := exec.CommandContext(t.Context(), "sh", "-c", program+" "+command)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "DAGSTER_HOME=")
			output, err := cmd.CombinedOutput()
			if strings.HasPrefix(command, "run retry") { // here nothing has failed
				assert.Contains(t, string(output), "nothing to run", command)
				continue
			}
			require.NoError(t, err, "%s: %s", command, output)
		}
	}
	assert.Greater(t, shown, 5)
}

func TestSeattleWritesItsReport(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	output := run(t, dir, build(t, "./seattle", "seattle"), "asset", "materialize", "--partitions", "all", "--single-run")
	assert.Contains(t, output, "SUCCESS")
	assert.Contains(t, output, filepath.Join("seattle-report", "index.html"), "the output says where the report is")
	page, err := os.ReadFile(filepath.Join(dir, "seattle-report", "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "The weather of Seattle")
}

// What the compiler says to wrong wiring is what the README quotes.
func TestWrongWiringDoesNotCompile(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), "go", "build", "./examples/shop/testdata/wrong")
	cmd.Dir = ".."
	output, err := cmd.CombinedOutput()
	require.Error(t, err)
	want, err := os.ReadFile("shop/testdata/wrong/message.txt")
	require.NoError(t, err)
	assert.Contains(t, string(output), string(want))
}
