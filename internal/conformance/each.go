package conformance

import (
	"reflect"
	"strings"
	"testing"
)

// Each runs every case of a file as a subtest named by its id, apart from those that a rule leaves out; the log
// says how many those are and why. C has the fields of a case that the test needs. Where a file has cases that
// no rule decides, C needs a string field "disputed": when it is not empty any answer will do, and run only has to
// ask.
func Each[C any](t *testing.T, name string, run func(t *testing.T, c C), rules ...Rule[C]) {
	t.Helper()

	f, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if undecided(f) && !hasField[C]("disputed") {
		t.Fatalf("answers %q have disputed cases: %T needs a field \"disputed\"", name, *new(C))
	}
	cases, notes, err := plan(f, rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range notes {
		t.Log(note)
	}
	for _, c := range cases {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			run(t, c.fields)
		})
	}
}

func undecided(f *File) bool {
	for _, c := range f.Cases {
		if c.Undecided {
			return true
		}
	}
	return false
}

// hasField reports whether the JSON of a C has a field with that name.
func hasField[C any](name string) bool {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[C]()) {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name {
			return true
		}
	}
	return false
}
