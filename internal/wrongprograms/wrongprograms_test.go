package wrongprograms_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/dagster-go/dagster"

// The start of each wrong program is a right one.
func TestBaseIsRight(t *testing.T) {
	t.Parallel()

	require.Empty(t, newCompiler(t).check(t, program{}))
}

// Each program in now.txt is refused with the message below it.
func TestWrongProgramsAreRefused(t *testing.T) {
	t.Parallel()

	c := newCompiler(t)
	for _, p := range read(t, "testdata/now.txt") {
		t.Run(p.line, func(t *testing.T) {
			t.Parallel()

			require.Empty(t, c.missing(t, p.needs), "a name that the program is about is gone")
			require.Empty(t, c.check(t, program{with: p.with}), "what it starts from is wrong itself")
			assert.Equal(t, p.message, c.check(t, p))
		})
	}
}

// The programs in later.txt are about names that don't exist yet. As soon as one does, its programs move to now.txt.
func TestWrongProgramsThatWait(t *testing.T) {
	t.Parallel()

	c := newCompiler(t)
	waiting := map[string]int{}
	for _, p := range read(t, "testdata/later.txt") {
		require.NotEmpty(t, p.needs, "later.txt: %q needs nothing that could be missing", p.line)
		missing := c.missing(t, p.needs)
		assert.NotEmpty(t, missing, "all of %v exists: move this to now.txt: %s", p.needs, p.line)
		waiting[strings.Join(missing, ", ")]++
	}
	for names, n := range waiting {
		t.Logf("%d wrong programs come with %s", n, names)
	}
}

// program is one line that the compiler must refuse.
type program struct {
	needs   []string // names of the API that it is about; "Asset.Partitions" is a method, "./automation" a package
	with    string   // declarations that it needs beside the base
	line    string
	message string
}

// read returns the programs of a file: lines at the margin are programs, indented ones the message for the program
// above. "needs NAME..." and "with DECLARATION" hold for all that follows, until the next "needs".
func read(t *testing.T, name string) []program {
	t.Helper()

	src, err := os.ReadFile(name)
	require.NoError(t, err)
	var (
		programs []program
		next     program
	)
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSuffix(line, "\n")
		needs, isNeeds := strings.CutPrefix(line, "needs ")
		with, isWith := strings.CutPrefix(line, "with ")
		message, isMessage := strings.CutPrefix(line, "\t")
		switch {
		case line == "":
		case isNeeds:
			next = program{needs: strings.Fields(needs)}
		case isWith:
			next.with += with + "\n"
		case isMessage:
			last := &programs[len(programs)-1].message
			*last = strings.TrimPrefix(*last+"\n"+message, "\n")
		default:
			next.line = line
			programs = append(programs, next)
		}
	}
	require.NotEmpty(t, programs)
	for _, p := range programs {
		require.NotEmpty(t, p.message, p.line)
	}
	return programs
}

// compiler type-checks programs against the module as it is.
type compiler struct {
	base string

	mu       sync.Mutex // an importer is not safe for concurrent use
	importer types.Importer
}

// newCompiler asks the go command for what the packages export: compiled already, or compiled by this.
func newCompiler(t *testing.T) *compiler {
	t.Helper()

	base, err := os.ReadFile("testdata/base.txt")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export",
		module, "database/sql", "io", "context")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	require.NoError(t, err, "go list: the module must compile")

	exports := map[string]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct{ ImportPath, Export string }
		err := dec.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		exports[pkg.ImportPath] = pkg.Export
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	return &compiler{base: string(base), importer: importer.ForCompiler(token.NewFileSet(), "gc", open)}
}

// Import makes the compiler the importer of its programs.
func (c *compiler) Import(path string) (*types.Package, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.importer.Import(path)
}

// check returns what the compiler says to a program: nothing if it is right.
func (c *compiler) check(t *testing.T, p program) string {
	t.Helper()

	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "program.go", c.base+p.with+p.line+"\n", parser.SkipObjectResolution)
	require.NoError(t, err)
	var said []string
	conf := types.Config{
		Importer: c,
		Error: func(err error) {
			if e, ok := errors.AsType[types.Error](err); ok {
				said = append(said, e.Msg)
			}
		},
	}
	_, err = conf.Check("program", fset, []*ast.File{file}, nil)
	require.Equal(t, err != nil, len(said) > 0)
	return strings.Join(said, "\n")
}

// missing returns which of the names the API lacks.
func (c *compiler) missing(t *testing.T, names []string) []string {
	t.Helper()

	pkg, err := c.Import(module)
	require.NoError(t, err)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		if strings.HasPrefix(name, "./") {
			_, err := os.Stat("../../" + name)
			return err == nil
		}
		typ, method, isMethod := strings.Cut(name, ".")
		object := pkg.Scope().Lookup(typ)
		if object == nil || !isMethod {
			return object != nil
		}
		found, _, _ := types.LookupFieldOrMethod(types.NewPointer(object.Type()), false, pkg, method)
		return found != nil
	})
}
