package structure

import (
	"go/ast"
	"go/token"
	"strings"
)

// The bounds: what fits a screen, and what a reader keeps in mind.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxMethods       = 8
)

// Lengths reports files and functions that are longer than a reader's patience. Lines that hold only comments
// or nothing don't count for a file; tests and generated code don't count at all.
func Lengths(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test || ast.IsGenerated(f.Syntax) {
			continue
		}
		if n := t.codeLines(f.Syntax); n > maxFileLines {
			found = append(found, t.at(f.Syntax.Package, "%d lines of code: split the file by noun at %d", n, maxFileLines))
		}
		for _, decl := range f.Syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := t.line(fn.End()) - t.line(fn.Pos()) + 1; n > maxFunctionLines {
				found = append(found, t.at(fn.Pos(), "function %s has %d lines: at most %d", fn.Name.Name, n, maxFunctionLines))
			}
		}
	}
	return found
}

// codeLines counts the lines that hold a token.
func (t *Tree) codeLines(file *ast.File) int {
	lines := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil, *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.BasicLit: // a raw string is code on each of its lines
			for l := t.line(n.Pos()); l <= t.line(n.End()); l++ {
				lines[l] = true
			}
		default:
			lines[t.line(n.Pos())] = true
			lines[t.line(n.End()-1)] = true
		}
		return true
	})
	return len(lines)
}

// Initializers reports init functions: importing a package does nothing.
func Initializers(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, t.at(fn.Pos(), "func init: importing a package does nothing; make it a function that is called"))
			}
		}
	}
	return found
}

// Globals reports package variables that a program could change. Sentinel errors, compiled expressions, embedded files, proofs
// that a type fits an interface, and the handles of an example are fine; so is what a nolint comment gives a
// reason for.
func Globals(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test || room(f.Dir) == "examples" {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR || excused(group.Doc) {
				continue
			}
			for _, spec := range group.Specs {
				found = append(found, t.globalsOf(spec.(*ast.ValueSpec))...)
			}
		}
	}
	return found
}

func (t *Tree) globalsOf(spec *ast.ValueSpec) []Violation {
	if excused(spec.Doc) || excused(spec.Comment) {
		return nil
	}
	var found []Violation
	for i, name := range spec.Names {
		lower := strings.ToLower(name.Name)
		fine := name.Name == "_" || strings.HasPrefix(lower, "err") || i < len(spec.Values) && compiles(spec.Values[i])
		if !fine {
			found = append(found, t.at(name.Pos(), "package variable %s can be changed by anyone: make it a constant, a function or a field", name.Name))
		}
	}
	return found
}

// excused reports whether a comment embeds a file, or switches the linter off for a reason.
func excused(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
		_, reason, ok := strings.Cut(c.Text, "nolint:gochecknoglobals")
		if ok && strings.Contains(reason, "//") {
			return true
		}
	}
	return false
}

// compiles reports whether a value is a call of regexp.MustCompile: nothing changes one afterwards.
func compiles(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	fn, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := fn.X.(*ast.Ident)
	return ok && pkg.Name == "regexp" && strings.HasPrefix(fn.Sel.Name, "MustCompile")
}

// Interfaces reports interfaces that ask too much of whoever fills them. An embedded interface counts as one.
func Interfaces(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if port, ok := spec.Type.(*ast.InterfaceType); ok && port.Methods.NumFields() > maxMethods {
				found = append(found, t.at(spec.Pos(), "interface %s has %d methods: split it at %d", spec.Name.Name, port.Methods.NumFields(), maxMethods))
			}
			return true
		})
	}
	return found
}

// TestPackages reports tests that see more than a user does. A file export_test.go may give them what they
// need from inside; package main can't be imported, so its tests live in it.
func TestPackages(t *Tree) []Violation {
	var found []Violation
	for _, f := range t.Files {
		name := f.Syntax.Name.Name
		if !f.Test || name == "main" || strings.HasSuffix(name, "_test") || strings.HasSuffix(f.Name, "export_test.go") {
			continue
		}
		found = append(found, t.at(f.Syntax.Package, "a test in package %s: make it package %s_test and see what users see", name, name))
	}
	return found
}
