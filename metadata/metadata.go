// Package metadata holds typed values that people see next to a definition or an event.
package metadata

// Entry is one named value.
type Entry struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}
