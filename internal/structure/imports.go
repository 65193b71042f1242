package structure

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// floors say how high each room stands: a file imports only rooms below its own, and its own.
//
//nolint:gochecknoglobals // a table, read only
var floors = map[string]int{
	"internal": 0,
	"metadata": 1, "partition": 1, "automation": 1,
	"storage":  2,
	"executor": 3, "launcher": 3,
	".":  4,
	"io": 5, "checks": 5, "daemon": 5, "dagit": 5, "workspace": 5,
	"cli": 6, "dagstertest": 6,
	"cmd": 7, "examples": 7,
}

// adapterRooms hold one folder an adapter: it fills the contract of its room and knows no other adapter.
// The folders named here belong to the room itself.
//
//nolint:gochecknoglobals // a table, read only
var adapterRooms = map[string][]string{
	"storage":  {"storagetest"},
	"executor": {"machine", "executortest"},
	"launcher": {"launchertest"},
	"io":       {},
}

// libraries are the third-party modules and the folders that may use them; "" stands for every folder,
// "test" for tests and packages whose name ends in test.
//
//nolint:gochecknoglobals // a table, read only
var libraries = map[string][]string{
	"golang.org/x/sync":                          {""},
	"go.uber.org/zap":                            {""},
	"github.com/google/uuid":                     {""},
	"github.com/mattn/go-sqlite3":                {"storage/sqlite"},
	"github.com/spf13/cobra":                     {"cli"},
	"golang.org/x/term":                          {"cli"},
	"github.com/mattn/go-runewidth":              {"cli"},
	"github.com/gofrs/flock":                     {"cli"},
	"github.com/jszwec/csvutil":                  {"io/csv", "examples"},
	"go.yaml.in/yaml/v3":                         {"cli", "test"},
	"github.com/stretchr/testify":                {"test"},
	"pgregory.net/rapid":                         {"test"},
	"go.uber.org/goleak":                         {"test"},
	"github.com/creack/pty":                      {"test"},
	"github.com/google/jsonschema-go/jsonschema": {"test"},
	"go.uber.org/zap/zaptest":                    {"test"},
	"github.com/google/go-cmp/cmp":               {"test"},
}

// ImportDirection reports imports that go up, and rooms that are not in the plan. Tests see the tree from
// outside, so they are free.
func ImportDirection(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test || f.Nested {
			continue
		}
		from, known := floors[room(f.Dir)]
		if !known {
			found = append(found, t.at(f.Syntax.Package, "room %q has no floor: give it one in internal/structure and docs/ARCHITECTURE.md", room(f.Dir)))
			continue
		}
		f.imports(func(name string, spec *ast.ImportSpec) {
			dir, ok := t.local(name)
			if !ok || room(dir) == room(f.Dir) {
				return
			}
			if to, known := floors[room(dir)]; known && to >= from {
				found = append(found, t.at(spec.Pos(), "%s must not import %s: imports run cli -> dagster -> executor -> storage -> metadata -> internal", f.Dir, dir))
			}
		})
	}
	return found
}

// Adapters reports adapters that import each other, or anything of this module but the contract that they fill,
// the rooms below it, and test support. The core must not import an adapter either.
func Adapters(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test || f.Nested {
			continue
		}
		from := adapter(f.Dir)
		f.imports(func(name string, spec *ast.ImportSpec) {
			dir, ok := t.local(name)
			to := adapter(dir)
			switch {
			case !ok || to == "" || to == from:
			case from != "":
				found = append(found, t.at(spec.Pos(), "adapter %s must not import adapter %s", from, to))
			case !wires(f.Dir):
				found = append(found, t.at(spec.Pos(), "%s must not import adapter %s: only cli, examples and mains choose adapters", f.Dir, to))
			}
		})
	}
	return found
}

// Libraries reports imports of third-party modules in folders that have no need of them. A library that is not in the list
// is a decision: it needs a record in docs/adr first.
func Libraries(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Nested {
			continue
		}
		f.imports(func(name string, spec *ast.ImportSpec) {
			if _, ok := t.local(name); ok || !strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
				return
			}
			library, dirs := libraryOf(name)
			switch {
			case library == "":
				found = append(found, t.at(spec.Pos(), "%s is a new dependency: decide on it in docs/adr, then list it in internal/structure", name))
			case !allowed(f, dirs):
				found = append(found, t.at(spec.Pos(), "%s must not import %s: it belongs to %s", f.Dir, library, strings.Join(dirs, ", ")))
			}
		})
	}
	return found
}

func room(dir string) string { return strings.SplitN(dir, "/", 2)[0] }

// adapter returns the folder of the adapter that dir is part of, or "".
func adapter(dir string) string {
	parts := strings.Split(dir, "/")
	own, ok := adapterRooms[parts[0]]
	if !ok || len(parts) < 2 || slices.Contains(own, parts[1]) {
		return ""
	}
	return path.Join(parts[0], parts[1])
}

func wires(dir string) bool {
	return slices.Contains([]string{"cli", "cmd", "examples", "dagstertest"}, room(dir))
}

// libraryOf returns the longest entry of the list that an import path is in: a folder of a library may have
// an entry of its own.
func libraryOf(importPath string) (library string, dirs []string) {
	for name, allowed := range libraries {
		if (importPath == name || strings.HasPrefix(importPath, name+"/")) && len(name) > len(library) {
			library, dirs = name, allowed
		}
	}
	return library, dirs
}

func allowed(f *File, dirs []string) bool {
	support := strings.HasSuffix(f.Syntax.Name.Name, "test")
	return slices.ContainsFunc(dirs, func(dir string) bool {
		switch dir {
		case "":
			return true
		case "test":
			return f.Test || support
		}
		return f.Test || f.Dir == dir || strings.HasPrefix(f.Dir, dir+"/")
	})
}
