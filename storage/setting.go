package storage

import (
	"context"
	"encoding/json"
	"fmt"
)

// Setting is a switch of an instance that a person sets, such as the pause of the queue.
type Setting struct {
	Name    string
	Value   json.RawMessage
	Version int64 // grows by one with each change; 0 for one that was never set
}

// SettingStore keeps settings.
type SettingStore interface {
	// Setting returns the setting of that name; one that was never set has neither value nor version.
	Setting(ctx context.Context, name string) (Setting, error)

	// SetSetting stores s if its version is what is stored, with the next one, and returns what is stored; else that comes
	// with an error wrapping [ErrConflict]. It appends the events, which are of no run, in the same transaction, stamped on a
	// copy: they say who changed what.
	SetSetting(ctx context.Context, s Setting, events ...Event) (Setting, error)
}

// NextSetting is what [SettingStore].SetSetting stores over a setting, or an error wrapping [ErrConflict] with the setting as it is.
// Every store calls it.
func NextSetting(stored, s Setting) (Setting, error) {
	if stored.Version != s.Version {
		return stored, fmt.Errorf("setting %q has version %d, not %d: %w", s.Name, stored.Version, s.Version, ErrConflict)
	}
	s.Version++
	s.Value = orNilJSON(s.Value)
	return s, nil
}
