package storage

import (
	"strconv"

	"github.com/dagster-go/dagster/metadata"
)

// CheckData belongs to ASSET_CHECK_EVALUATION and, with the name and Blocking alone, to ASSET_CHECK_EVALUATION_PLANNED.
type CheckData struct {
	Check       string           `json:"check"` // its name; the event has the asset
	Passed      bool             `json:"passed,omitempty"`
	Severity    string           `json:"severity,omitempty"` // ERROR or WARN: how bad it is that it did not pass
	Blocking    bool             `json:"blocking,omitempty"`
	Description string           `json:"description,omitempty"`
	Metadata    []metadata.Entry `json:"metadata,omitempty"`

	extra string
}

func (*CheckData) payload() {}

func (d *CheckData) appendJSON(dst []byte) []byte {
	dst = appendString(dst, `,"check":`, d.Check)
	dst = appendTrue(dst, `,"passed":`, d.Passed)
	dst = appendOptional(dst, `,"severity":`, d.Severity)
	dst = appendTrue(dst, `,"blocking":`, d.Blocking)
	dst = appendOptional(dst, `,"description":`, d.Description)
	return append(appendEntries(dst, `,"metadata":[`, d.Metadata), d.extra...)
}

func appendTrue(dst []byte, name string, b bool) []byte {
	if !b {
		return dst
	}
	return strconv.AppendBool(append(dst, name...), b)
}
