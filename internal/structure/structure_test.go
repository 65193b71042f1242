package structure_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/structure"
)

// The tree itself keeps every rule.
func TestTree(t *testing.T) {
	t.Parallel()

	tree, err := structure.Load(os.DirFS("../.."))
	require.NoError(t, err)
	require.Equal(t, "github.com/dagster-go/dagster", tree.Module)
	require.NotEmpty(t, tree.Files)

	for _, rule := range structure.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()

			for _, v := range rule.Check(tree) {
				t.Error(v)
			}
		})
	}
}

// Each archive in testdata is a small tree that breaks one rule; its first lines say what must be reported.
func TestRulesOnWrongTrees(t *testing.T) {
	t.Parallel()

	names, err := fs.Glob(os.DirFS("testdata"), "*.txtar")
	require.NoError(t, err)
	require.Len(t, names, len(structure.Rules())-1, "one archive a rule, apart from the one on words")
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()

			src, err := os.ReadFile(path.Join("testdata", name))
			require.NoError(t, err)
			want, files := archive(string(src))
			require.NotEmpty(t, want)

			assert.Equal(t, want, violations(t, files))
		})
	}
}

// The words themselves can't stand in an archive: the tree would break its own rule.
func TestRuleOnWords(t *testing.T) {
	t.Parallel()

	files := fstest.MapFS{
		"go.mod":    {Data: []byte("module example.com/m\n")},
		"README.md": {Data: []byte("fine\nsee /" + "work/main/README.md\n")},
		"get.sh":    {Data: []byte("GOPROXY=https://proxy." + "golang.org go test\n")},
		"logo.png":  {Data: []byte("\x00/" + "work/main")},
		".git/x":    {Data: []byte("/" + "work/main")},
	}

	assert.Equal(t, []string{
		`README.md:2: "/` + `work/m" belongs to one machine`,
		`get.sh:1: "proxy.` + `golang.org" belongs to one machine`,
	}, violations(t, files))
	delete(files, ".git/x")
	files[".git"] = &fstest.MapFile{Data: []byte("gitdir: /" + "work/main/.git/worktrees/x\n")}
	assert.Len(t, violations(t, files), 2, "in a worktree")
}

func TestLoadRefusesWhatIsNoTree(t *testing.T) {
	t.Parallel()

	_, err := structure.Load(fstest.MapFS{})
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = structure.Load(fstest.MapFS{"go.mod": {Data: []byte("go 1.26\n")}})
	require.ErrorContains(t, err, "names no module")

	_, err = structure.Load(fstest.MapFS{"go.mod": {Data: []byte("module m\n")}, "a.go": {Data: []byte("pakage a")}})
	require.ErrorContains(t, err, "a.go:1:1")
}

func violations(t *testing.T, files fs.FS) []string {
	t.Helper()

	tree, err := structure.Load(files)
	require.NoError(t, err)
	var got []string
	for _, rule := range structure.Rules() {
		for _, v := range rule.Check(tree) {
			got = append(got, v.String())
		}
	}
	return got
}

// archive splits a text into the lines before the first "-- name --" and the files after each. A line "repeat N: text"
// in a file stands for N lines of text, so that a long file can be short here.
func archive(src string) (want []string, files fstest.MapFS) {
	files = fstest.MapFS{"go.mod": {Data: []byte("module example.com/m\n")}}
	var name string
	for line := range strings.Lines(src) {
		if head, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(head), " --")
			files[name] = &fstest.MapFile{}
			continue
		}
		if name == "" {
			want = append(want, strings.TrimSuffix(line, "\n"))
			continue
		}
		files[name].Data = append(files[name].Data, expand(line)...)
	}
	return want, files
}

func expand(line string) string {
	rest, ok := strings.CutPrefix(line, "repeat ")
	if !ok {
		return line
	}
	count, text, _ := strings.Cut(rest, ": ")
	n := 0
	for _, digit := range count {
		n = n*10 + int(digit-'0')
	}
	return strings.Repeat(text, n)
}
