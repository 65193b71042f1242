package dagster

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// definition is what every handle keeps about itself: what it is, where it was declared, and its mistakes.
type definition struct {
	kind     string // "asset", "resource", ...
	name     string
	at       site
	mistakes []error
}

// mistake records one; it is reported by [Repository.Validate].
func (d *definition) mistake(format string, args ...any) {
	d.mistakes = append(d.mistakes, fmt.Errorf(format, args...))
}

// wrong makes the reported form of a mistake in d.
func (d *definition) wrong(err error) *DefinitionError {
	e := &DefinitionError{Name: d.kind + " " + quote(d.name), Err: err}
	frames := d.at.frames()
	if len(frames) > 0 {
		e.File, e.Line = frames[0].File, frames[0].Line
		for _, f := range frames[1:] {
			e.Callers = append(e.Callers, Caller{File: f.File, Line: f.Line})
		}
	}
	return e
}

// quote shortens what is absurdly long, so that one bad name does not bury the others.
func quote(name string) string {
	const most = 200
	if len(name) > most {
		return fmt.Sprintf("%q (and %d bytes more)", name[:most], len(name)-most)
	}
	return fmt.Sprintf("%q", name)
}

// DefinitionError is one mistake in a definition: what was declared, where, and what is wrong with it.
type DefinitionError struct {
	// Name says what was declared: asset "orders".
	Name string

	// File and Line are where the constructor was called; File is empty if that is not known.
	File string
	Line int

	// Callers are the calls that led there, innermost first: for a definition made by a factory, who called the factory.
	Callers []Caller

	Err error
}

// Caller is one line of source.
type Caller struct {
	File string
	Line int
}

func (c Caller) String() string { return fmt.Sprintf("%s:%d", shortFile(c.File), c.Line) }

// Error names the definition, the mistake, and the lines that made it.
func (e *DefinitionError) Error() string {
	var b strings.Builder
	b.WriteString(e.Name)
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	if e.File == "" {
		return b.String()
	}
	b.WriteString(" (")
	b.WriteString(Caller{e.File, e.Line}.String())
	for _, c := range e.Callers {
		b.WriteString(", called from ")
		b.WriteString(c.String())
	}
	b.WriteString(")")
	return b.String()
}

// Unwrap returns what is wrong.
func (e *DefinitionError) Unwrap() error { return e.Err }

// shortFile keeps the folder and the name: enough to find the file, short enough to read.
func shortFile(file string) string {
	dir, name := filepath.Split(filepath.ToSlash(file))
	return filepath.Base(dir) + "/" + name
}

// siteDepth bounds how far up a factory's callers are kept.
const siteDepth = 10

// site is where a definition was declared. It is resolved to lines only when a mistake is reported.
type site struct {
	pcs [siteDepth]uintptr
	n   int
}

// here is the site of the caller of the constructor that calls it.
func here() site {
	var s site
	s.n = runtime.Callers(3, s.pcs[:])
	return s
}

// outerSite is here for a constructor that shares its work with others.
func outerSite() site {
	var s site
	s.n = runtime.Callers(4, s.pcs[:])
	return s
}

// packagePrefix starts the names of this package's own functions, and of no other package's.
const packagePrefix = "github.com/dagster-go/dagster."

// frames are the lines outside of this package, innermost first, without those of the Go runtime and the test runner.
func (s *site) frames() []runtime.Frame {
	if s.n == 0 {
		return nil
	}
	var out []runtime.Frame
	frames := runtime.CallersFrames(s.pcs[:s.n])
	for {
		f, more := frames.Next()
		if outside(&f) {
			out = append(out, f)
		}
		if !more {
			return out
		}
	}
}

// outside reports whether a frame is a line of a user's.
func outside(f *runtime.Frame) bool {
	own := strings.HasPrefix(f.Function, packagePrefix)
	std := strings.HasPrefix(f.Function, "runtime.") || strings.HasPrefix(f.Function, "testing.") || f.File == "_testmain.go"
	return f.File != "" && !own && !std
}

// first is the innermost of the frames, and whether there is one; it resolves no more of them than it must.
func (s *site) first() (runtime.Frame, bool) {
	if s.n == 0 {
		return runtime.Frame{}, false
	}
	frames := runtime.CallersFrames(s.pcs[:s.n])
	for {
		f, more := frames.Next()
		if outside(&f) {
			return f, true
		}
		if !more {
			return runtime.Frame{}, false
		}
	}
}

// errNil is the mistake of a nil where a definition belongs.
var errNil = errors.New("nil")
