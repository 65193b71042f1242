package metadata

import (
	"errors"
	"fmt"
	"slices"
)

// What metadata may take, in bytes as it is stored: it is read whenever an event is shown.
const (
	// MaxEntry is how large one entry may be: 1 MiB.
	MaxEntry = 1 << 20

	// MaxEntries is how large all entries of one definition or of one event may be together: 4 MiB.
	MaxEntries = 4 << 20
)

// SizeError reports metadata that is too large to be stored.
type SizeError struct {
	Key  string // of the entry; empty if it is all of them together
	Size int    // in bytes as stored
	Most int    // what may be
}

// Error names the entry and both sizes.
func (e *SizeError) Error() string {
	if e.Most == MaxEntries {
		return fmt.Sprintf("metadata: %d bytes together, at most %d may be: write what is large to a file, and record its path", e.Size, e.Most)
	}
	return fmt.Sprintf("metadata %q: %d bytes, at most %d may be: write it to a file, and record its path", shortKey(e.Key), e.Size, e.Most)
}

func shortKey(key string) string {
	const most = 200
	if len(key) > most {
		return key[:most] + "..."
	}
	return key
}

// Check returns what is wrong with the entries of one definition or event: each that has no value (see [Entry.Err]) or is
// too large, or that they are too large together; a [*SizeError] says what is too large.
func Check(entries ...Entry) error {
	if small(entries) {
		return nil
	}
	var wrong []error
	total := 0
	for i := range entries {
		size, err := entries[i].fits()
		if err != nil {
			wrong = append(wrong, err)
		}
		total += size
	}
	if len(wrong) == 0 && total > MaxEntries {
		wrong = append(wrong, &SizeError{Size: total, Most: MaxEntries})
	}
	return errors.Join(wrong...)
}

// Fit returns the entries with a text instead of each that [Check] finds wrong; all that follows what makes them too large
// together counts as wrong. It is for what must be stored whatever its metadata is: the failure of a step.
func Fit(entries []Entry) []Entry {
	if small(entries) {
		return entries
	}
	entries = slices.Clone(entries)
	total := 0
	for i := range entries {
		size, err := entries[i].fits()
		if err == nil && total+size > MaxEntries {
			err = &SizeError{Size: total + size, Most: MaxEntries}
		}
		if err != nil {
			entries[i] = Text(shortKey(entries[i].Key), "not kept: "+err.Error())
			size = 0
		}
		total += size
	}
	return entries
}

// fits returns the size of the entry, and an error if it can't be kept.
func (e Entry) fits() (int, error) {
	if err := e.Err(); err != nil {
		return 0, err
	}
	size := len(e.AppendJSON(nil))
	if size > MaxEntry {
		return size, &SizeError{Key: e.Key, Size: size, Most: MaxEntry}
	}
	return size, nil
}

// small reports whether entries are so few and so short that their exact size need not be known.
func small(entries []Entry) bool {
	total := 0
	for i := range entries {
		if _, wrong := entries[i].Value.(untypedValue); wrong {
			return false
		}
		if total += entries[i].bound(); total > MaxEntry {
			return false
		}
	}
	return true
}

// bound is a size that the entry does not exceed: a byte of text takes six at most.
func (e Entry) bound() int {
	const around, byByte = 128, 6
	return around + byByte*(len(e.Key)+textSize(e.Value))
}

// textSize is how many bytes of text a value has.
func textSize(v Value) int {
	switch v := v.(type) {
	case TextValue:
		return len(v)
	case URLValue:
		return len(v)
	case PathValue:
		return len(v)
	case NotebookValue:
		return len(v)
	case MarkdownValue:
		return len(v)
	case JSONValue:
		return len(v)
	case BigIntValue:
		return len(v)
	case AssetValue:
		return len(v)
	case RunValue:
		return len(v)
	case JobValue:
		return len(v.Name) + len(v.Location)
	case IntValue, FloatValue, BoolValue, NullValue, TimeValue, nil:
		return 0
	case RawValue, TableValue, SchemaValue, LineageValue, CodeValue, untypedValue:
	}
	return MaxEntries // not known without writing it
}
