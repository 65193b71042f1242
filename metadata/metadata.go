// Package metadata holds typed values that people see next to a definition or an event.
//
// An entry is made by the function named after its type, [Text], [Int], [Table] and so on, and is stored as
//
//	{"key":"rows","type":"int","value":123}
//
// with Dagster's names of the types. [Of] finds the type of a plain Go value. What a newer release wrote is kept as a
// [RawValue] and written back unchanged.
//
// An entry may take [MaxEntry] bytes as it is stored, and all entries of one definition or event [MaxEntries]: what is
// larger belongs into a file, whose path is the metadata. [Check] says what is too large.
package metadata

import (
	"math"
	"math/big"
	"time"
)

// Entry is one named value. Entries are stored and shown in the order in which they were given; a nil Value counts
// as [NullValue].
type Entry struct {
	Key   string
	Value Value
}

// Value is what an entry says. Values are immutable.
//
//sumtype:decl
type Value interface {
	// String is the value for a terminal: control characters are escaped.
	String() string

	label() string
	appendJSON(dst []byte) []byte
}

// The kinds of values, each with the name under which it is stored.
type (
	// TextValue is plain text ("text").
	TextValue string

	// IntValue is a whole number ("int").
	IntValue int64

	// BigIntValue is a whole number that an IntValue has no room for, in decimal digits ("int"). What is no number is
	// stored as text.
	BigIntValue string

	// FloatValue is a number, NaN and the infinities among them ("float").
	FloatValue float64

	// BoolValue is true or false ("bool").
	BoolValue bool

	// NullValue says that there is no value ("null").
	NullValue struct{}

	// TimeValue is an instant, to the nanosecond ("timestamp").
	TimeValue time.Time

	// URLValue is a link ("url"). It is not checked: whoever makes a link of it decides which schemes are safe.
	URLValue string

	// PathValue is a place in a file system ("path").
	PathValue string

	// NotebookValue is the path of a Jupyter notebook ("notebook").
	NotebookValue string

	// MarkdownValue is text in Markdown ("md").
	MarkdownValue string

	// JSONValue is any value as JSON ("json"). Where it is not JSON it is stored as text.
	JSONValue string

	// AssetValue is an asset key ("asset").
	AssetValue string

	// RunValue is a run's ID ("dagster_run").
	RunValue string

	// JobValue is a job ("job").
	JobValue struct {
		Name     string `json:"job"`
		Location string `json:"location,omitempty"` // the repository that has it; empty for one's own
	}

	// RawValue is a value of a type that this release does not know.
	RawValue struct {
		Type string // as it was stored
		JSON string // the whole entry as it was stored, or only its value
	}
)

// Text is plain text.
func Text(key, v string) Entry { return Entry{key, TextValue(v)} }

// Int is a whole number.
func Int(key string, v int) Entry { return Entry{key, IntValue(v)} }

// BigInt is a whole number of any size; nil is no value.
func BigInt(key string, v *big.Int) Entry {
	switch {
	case v == nil:
		return Null(key)
	case v.IsInt64():
		return Entry{key, IntValue(v.Int64())}
	}
	return Entry{key, BigIntValue(v.String())}
}

// Float is a number. NaN and the infinities are fine.
func Float(key string, v float64) Entry { return Entry{key, FloatValue(v)} }

// Bool is true or false.
func Bool(key string, v bool) Entry { return Entry{key, BoolValue(v)} }

// Null says that there is no value.
func Null(key string) Entry { return Entry{key, NullValue{}} }

// Time is an instant. Its zone is not kept.
func Time(key string, v time.Time) Entry { return Entry{key, TimeValue(v.UTC().Round(0))} }

// URL is a link.
func URL(key, v string) Entry { return Entry{key, URLValue(v)} }

// Path is a place in a file system.
func Path(key, v string) Entry { return Entry{key, PathValue(v)} }

// Notebook is the path of a Jupyter notebook.
func Notebook(key, path string) Entry { return Entry{key, NotebookValue(path)} }

// Markdown is text in Markdown.
func Markdown(key, v string) Entry { return Entry{key, MarkdownValue(v)} }

// JSON is any value that encoding/json can write. A value that it cannot write becomes a text that says why.
func JSON(key string, v any) Entry {
	b, err := marshal(v)
	if err != nil {
		return unwritable(key, v, err)
	}
	return Entry{key, JSONValue(b)}
}

// Asset points to an asset by its key, as in "raw/orders".
func Asset(key, assetKey string) Entry { return Entry{key, AssetValue(assetKey)} }

// Run points to a run by its ID.
func Run(key, runID string) Entry { return Entry{key, RunValue(runID)} }

// Job points to a job by its name, and by that of the repository that has it; "" is the repository that says so.
func Job(key, name, location string) Entry {
	return Entry{key, JobValue{Name: name, Location: location}}
}

// isSpecial reports a float that JSON has no number for.
func isSpecial(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }
