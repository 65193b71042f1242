package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// DecodePayload reads what [EncodePayload] wrote for an event of that kind; nothing gives nil. What this release cannot
// read becomes a [RawData], which is encoded to the same bytes. It returns an error if data is not JSON.
// It keeps no part of data.
func DecodePayload(kind EventKind, data []byte) (Payload, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if kind == AssetMaterialization || kind == AssetObservation {
		if d, ok := plainMaterialization(data); ok {
			return d, nil
		}
	}
	return decodePayload(kind, data)
}

func decodePayload(kind EventKind, data []byte) (Payload, error) {
	if !json.Valid(data) {
		return nil, fmt.Errorf("decode payload of %s: %w", kind, errNotJSON)
	}
	p := newPayload(kind)
	if known := p != nil && string(member(data, "v")) == "1" && json.Unmarshal(data, p) == nil; !known {
		return &RawData{JSON: bytes.Clone(data)}, nil
	}
	switch d := p.(type) {
	case *OutputData:
		d.extra = unknown(data, "v", "output", "map_key", "io_manager", "metadata")
	case *InputData:
		d.extra = unknown(data, "v", "input", "from_step", "from_asset", "output", "io_manager")
	case *MaterializationData:
		d.extra = unknown(data, "v", "data_version", "provenance", "metadata", "tags", "error")
	case *SuccessData:
		d.extra = unknown(data, "v", "duration_ns")
	case *FailureData:
		d.extra = unknown(data, "v", "error", "reason", "retry_in_ns", "metadata")
	case *ResourceData:
		d.extra = unknown(data, "v", "resource", "duration_ns")
	case *LogData:
		d.extra = unknown(data, "v", "level", "fields")
	case *ProgressData:
		d.extra = unknown(data, "v", "done", "total", "unit")
	case *CheckData:
		d.extra = unknown(data, "v", "check", "passed", "severity", "blocking", "description", "metadata")
	case *RawData: // no kind's own
	}
	return p, nil
}

// UnmarshalJSON reads a stored error and keeps what a newer release added.
func (e *Error) UnmarshalJSON(data []byte) error {
	type plain Error
	e.extra = unknown(data, "message", "kind", "stack", "cause")
	return json.Unmarshal(data, (*plain)(e))
}

// UnmarshalJSON reads a stored provenance and keeps what a newer release added.
func (p *Provenance) UnmarshalJSON(data []byte) error {
	type plain Provenance
	p.extra = unknown(data, "code_version", "inputs")
	return json.Unmarshal(data, (*plain)(p))
}

// UnmarshalJSON reads a stored version and keeps what a newer release added.
func (v *InputVersion) UnmarshalJSON(data []byte) error {
	type plain InputVersion
	v.extra = unknown(data, "asset", "partition", "data_version", "event")
	return json.Unmarshal(data, (*plain)(v))
}

// unknown returns the members of an object whose names are not among known, each after a comma.
func unknown(object []byte, known ...string) string {
	var extra []byte
	walk(object, func(name, value []byte) bool {
		if !slices.Contains(known, string(name[1:len(name)-1])) {
			extra = append(append(append(append(extra, ','), name...), ':'), value...)
		}
		return true
	})
	return string(extra)
}

// member returns the value of an object's member, nil if there is none.
func member(object []byte, want string) []byte {
	var found []byte
	walk(object, func(name, value []byte) bool {
		if string(name[1:len(name)-1]) == want {
			found = value
		}
		return found == nil
	})
	return found
}

// walk calls f for each member of a valid JSON object, the name with its quotes, until f returns false; other JSON has
// no members.
func walk(object []byte, f func(name, value []byte) bool) {
	s := bytes.TrimSpace(object)
	if len(s) == 0 || s[0] != '{' {
		return
	}
	for s = s[1:]; ; {
		s = bytes.TrimLeft(s, " \t\r\n,")
		if len(s) == 0 || s[0] != '"' {
			return
		}
		n := skip(s)
		name := s[:n]
		s = bytes.TrimLeft(s[n:], " \t\r\n:")
		n = skip(s)
		if !f(name, bytes.TrimRight(s[:n], " \t\r\n")) {
			return
		}
		s = s[n:]
	}
}

// skip returns the length of the JSON value that s begins with.
func skip(s []byte) int {
	depth, inString := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
			if !inString && depth == 0 {
				return i + 1
			}
		case inString:
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == '}' || c == ']'):
			return i
		case c == '}' || c == ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}
