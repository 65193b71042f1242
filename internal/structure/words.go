package structure

import (
	"bytes"
	"fmt"
	"go/ast"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// DocComments reports exported names without a doc comment. A group of constants or variables may have one
// for all of them.
func DocComments(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test || f.Syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			for _, name := range undocumented(decl) {
				found = append(found, t.at(name.Pos(), "exported %s has no doc comment: say what it promises", name.Name))
			}
		}
	}
	return found
}

func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Doc == nil && decl.Name.IsExported() && exportedReceiver(decl.Recv) && !wellKnown(decl.Recv, decl.Name.Name) {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		if decl.Doc != nil {
			return nil
		}
		var names []*ast.Ident
		for _, spec := range decl.Specs {
			names = append(names, bare(spec)...)
		}
		return slices.DeleteFunc(names, func(id *ast.Ident) bool { return !id.IsExported() })
	}
	return nil
}

// bare returns the names of a spec that has no comment of its own.
func bare(spec ast.Spec) []*ast.Ident {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Doc == nil && spec.Comment == nil {
			return []*ast.Ident{spec.Name}
		}
	case *ast.ValueSpec:
		if spec.Doc == nil && spec.Comment == nil {
			return spec.Names
		}
	}
	return nil
}

// exportedReceiver reports whether users can name the type of a method.
func exportedReceiver(recv *ast.FieldList) bool {
	if recv == nil {
		return true
	}
	typ := recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return false
		}
	}
}

// wellKnown reports whether the name of a method already says what it promises.
func wellKnown(recv *ast.FieldList, name string) bool {
	return recv != nil && slices.Contains([]string{"Error", "Read", "ServeHTTP", "String", "Unwrap", "Write"}, name)
}

// PackageComments reports packages in which no file says what the package is for.
func PackageComments(t *Tree) []Violation {
	first, said := map[string]*File{}, map[string]bool{}
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		if first[f.Dir] == nil {
			first[f.Dir] = f
		}
		said[f.Dir] = said[f.Dir] || f.Syntax.Doc != nil
	}
	var found []Violation
	for _, f := range t.Files {
		if f == first[f.Dir] && !said[f.Dir] {
			found = append(found, t.at(f.Syntax.Package, "package %s has no comment: say what it gives", f.Syntax.Name.Name))
		}
	}
	return found
}

// machineWords are what a tree must not say: where it was once checked out, and which host a package came from. Each has
// a bracket so that it doesn't match itself.
//
//nolint:gochecknoglobals // a table, read only
var machineWords = []*regexp.Regexp{
	regexp.MustCompile(`/[w]ork/[a-z]|/[f]arm/|/[r]oot/`),
	regexp.MustCompile(`[p]roxy\.golang\.org|[r]egistry\.npmjs\.org|[p]ypi\.org|[f]iles\.pythonhosted\.org|[d]eb\.debian\.org`),
}

const maxTextSize = 2 << 20

// Words reports text that only makes sense on one machine: absolute paths of a checkout, hosts of package registries.
func Words(t *Tree) []Violation {
	var found []Violation
	err := fs.WalkDir(t.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return skipUntracked(name, err)
		}
		if name == ".git" { // in a worktree it is a file, which says where the repository is
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() > maxTextSize || !info.Mode().IsRegular() {
			return err
		}
		src, err := fs.ReadFile(t.FS, name)
		if err != nil || bytes.IndexByte(src, 0) >= 0 {
			return err
		}
		found = append(found, wordsOf(name, src)...)
		return nil
	})
	if err != nil {
		found = append(found, Violation{File: ".", Why: err.Error()})
	}
	return found
}

// skipUntracked skips folders that builds and tools fill.
func skipUntracked(name string, err error) error {
	tools := []string{".git", ".cache", ".venv", ".dagster", "node_modules", "dist", "bin", "out"}
	if err == nil && slices.Contains(tools, path.Base(name)) {
		return fs.SkipDir
	}
	return err
}

func wordsOf(name string, src []byte) []Violation {
	var found []Violation
	for _, word := range machineWords {
		for _, at := range word.FindAllIndex(src, -1) {
			line := 1 + bytes.Count(src[:at[0]], []byte("\n"))
			found = append(found, Violation{name, line, fmt.Sprintf("%q belongs to one machine", src[at[0]:at[1]])})
		}
	}
	return found
}

// Decisions reports records in docs/adr that are not numbered 0001, 0002, ... without a gap, or don't start
// with a title.
func Decisions(t *Tree) []Violation {
	var found []Violation
	name := regexp.MustCompile(`^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$`)
	for i, doc := range t.Docs {
		file, want := "docs/adr/"+doc, fmt.Sprintf("%04d", i+1)
		switch number := name.FindStringSubmatch(doc); {
		case number == nil:
			found = append(found, Violation{file, 1, "name it like 0007-short-words.md"})
		case number[1] != want:
			found = append(found, Violation{file, 1, fmt.Sprintf("record number %s comes where %s should: numbers have no gap and no double", number[1], want)})
		}
		if src, err := fs.ReadFile(t.FS, file); err != nil || !strings.HasPrefix(string(src), "# ") {
			found = append(found, Violation{file, 1, "a record starts with a title: \"# What was decided\""})
		}
	}
	return found
}

// Rule is one check of the tree.
type Rule struct {
	Name  string
	Check func(*Tree) []Violation
}

// Rules returns every rule, in the order in which they are reported.
func Rules() []Rule {
	return []Rule{
		{"imports run one way", ImportDirection},
		{"adapters stand alone", Adapters},
		{"libraries are decided on", Libraries},
		{"files and functions fit a screen", Lengths},
		{"no init", Initializers},
		{"no mutable package state", Globals},
		{"ports are small", Interfaces},
		{"tests see what users see", TestPackages},
		{"exported names are documented", DocComments},
		{"packages say what they give", PackageComments},
		{"nothing belongs to one machine", Words},
		{"decisions are numbered", Decisions},
	}
}
