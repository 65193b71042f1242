// Package conformance runs our code against recorded answers of Dagster 1.13: the files in testdata, which
// testdata/README.md explains. A test names a file and says how to ask our code; each case of the file is then
// a subtest.
package conformance

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"
)

//go:embed testdata/*.json
var recorded embed.FS

// ErrUnknownFile reports a name that no file of answers has.
var ErrUnknownFile = errors.New("conformance: unknown file")

// File is one file of answers.
type File struct {
	Name   string
	Source string // whose answers they are: "dagster 1.13.27"
	Cases  []Case

	// Elsewhere is set for answers that are not those of this package: see [Read].
	Elsewhere bool

	tables map[string]json.RawMessage
}

// Case is one question with its answer.
type Case struct {
	ID string

	// Fields are the fields of the case, by name. Where Dagster's answer breaks its own rules and another is
	// known to be right, it stands here in its place.
	Fields map[string]json.RawMessage

	// Undecided says that Dagster's answer breaks its own rules and no other is known to be right: any will do.
	Undecided bool
}

// Names returns the names of the files, without ".json", in order.
func Names() ([]string, error) {
	files, err := fs.Glob(folder(), "*.json")
	for i := range files {
		files[i] = strings.TrimSuffix(files[i], ".json")
	}
	return files, err
}

// Read returns the file of answers with that name, or an error wrapping [ErrUnknownFile]. It is read from the folder that the
// environment variable CONFORMANCE_DIR names, or else from the copy in this package.
func Read(name string) (*File, error) {
	src, err := fs.ReadFile(folder(), name+".json")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("read answers %q: %w", name, ErrUnknownFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read answers %q: %w", name, err)
	}
	f, err := parse(name, src)
	if err != nil {
		return nil, fmt.Errorf("read answers %q: %w", name, err)
	}
	f.Elsewhere = os.Getenv(dirVariable) != ""
	return f, nil
}

const dirVariable = "CONFORMANCE_DIR"

// Table decodes what all cases of a file share, such as its graphs, into v.
func (f *File) Table(name string, v any) error {
	raw, ok := f.tables[name]
	if !ok {
		return fmt.Errorf("answers %q have no table %q", f.Name, name)
	}
	return json.Unmarshal(raw, v)
}

func folder() fs.FS {
	if dir := os.Getenv(dirVariable); dir != "" {
		return os.DirFS(dir)
	}
	sub, err := fs.Sub(recorded, "testdata")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

func parse(name string, src []byte) (*File, error) {
	f := &File{Name: name}
	if err := json.Unmarshal(src, &f.tables); err != nil {
		return nil, err
	}
	var cases []map[string]json.RawMessage
	err := cmp.Or(json.Unmarshal(f.tables["source"], &f.Source), json.Unmarshal(f.tables["cases"], &cases))
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, fields := range cases {
		c, err := newCase(fields)
		if err != nil {
			return nil, err
		}
		if ids[c.ID] {
			return nil, fmt.Errorf("case %q is there twice", c.ID)
		}
		ids[c.ID] = true
		f.Cases = append(f.Cases, c)
	}
	if len(f.Cases) == 0 {
		return nil, errors.New("no cases")
	}
	return f, nil
}

func newCase(fields map[string]json.RawMessage) (Case, error) {
	c := Case{Fields: fields}
	if err := json.Unmarshal(fields["id"], &c.ID); err != nil || c.ID == "" {
		return c, fmt.Errorf("a case without an id: %w", cmp.Or(err, errors.New("it is empty")))
	}
	ours, decided := fields["ours"]
	_, disputed := fields["disputed"]
	if c.Undecided = disputed && !decided; !decided {
		return c, nil
	}

	// An object replaces the fields that it names, a list is the ticks themselves, whatever Dagster raised.
	var replaced map[string]json.RawMessage
	if json.Unmarshal(ours, &replaced) != nil {
		delete(fields, "error")
		replaced = map[string]json.RawMessage{"ticks": ours}
	}
	maps.Copy(fields, replaced)
	delete(fields, "disputed")
	delete(fields, "ours")
	return c, nil
}

// decode fills a C from the fields of a case.
func decode[C any](c Case) (C, error) {
	var v C
	fields, err := json.Marshal(c.Fields)
	if err == nil {
		err = json.Unmarshal(fields, &v)
	}
	if err != nil {
		return v, fmt.Errorf("case %q: %w", c.ID, err)
	}
	return v, nil
}

// Rule names cases that our code answers otherwise, by what they ask and never by their id. All rules that match a case
// hold for it, in order.
type Rule[C any] struct {
	Why   string // one line, with the decision record where there is one
	Match func(C) bool

	// Instead changes the answer of a case to ours, which is then tested. Without it the cases are not run:
	// for what can't be asked of our code.
	Instead func(*C)

	// Rare is set for a rule that no recorded case matches, but one of newer answers might.
	Rare bool
}

// planned is one case as it is to be run.
type planned[C any] struct {
	id     string
	fields C
}

// plan applies the rules to a file. It returns what to run, what to tell the reader of the log, and an error for
// a rule that matches no recorded answer: the answers have changed under it.
func plan[C any](f *File, rules []Rule[C]) (run []planned[C], notes []string, err error) {
	hits := make([]int, len(rules))
	for _, c := range f.Cases {
		fields, err := decode[C](c)
		if err != nil {
			return nil, nil, err
		}
		if answered(&fields, rules, hits) {
			run = append(run, planned[C]{c.ID, fields})
		}
	}
	var wrong []error
	for i, r := range rules {
		verb := "answered otherwise"
		if r.Instead == nil {
			verb = "not asked"
		}
		switch {
		case f.Elsewhere:
		case hits[i] == 0 && !r.Rare:
			wrong = append(wrong, fmt.Errorf("answers %q: no case matches the rule %q", f.Name, r.Why))
		case hits[i] > 0 && r.Rare:
			wrong = append(wrong, fmt.Errorf("answers %q: %d cases match the rule %q, which is to be rare", f.Name, hits[i], r.Why))
		}
		notes = append(notes, fmt.Sprintf("%d of %d cases %s: %s", hits[i], len(f.Cases), verb, r.Why))
	}
	return run, notes, errors.Join(wrong...)
}

// answered applies the rules to a case, and reports whether it is to be run.
func answered[C any](c *C, rules []Rule[C], hits []int) bool {
	asked := true
	for i, r := range rules {
		if !r.Match(*c) {
			continue
		}
		hits[i]++
		if r.Instead == nil {
			asked = false
			break
		}
		r.Instead(c)
	}
	return asked
}
