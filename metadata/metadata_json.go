package metadata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dagster-go/dagster/internal/jsonq"
)

// AppendJSON appends the entry as it is stored. It cannot fail: what is not JSON is written as text.
func (e Entry) AppendJSON(dst []byte) []byte {
	v := e.Value
	switch t := v.(type) {
	case nil:
		v = NullValue{}
	case JSONValue:
		if !json.Valid([]byte(t)) {
			v = TextValue(t)
		}
	case BigIntValue:
		if !isWhole(string(t)) {
			v = TextValue(t)
		}
	case RawValue:
		if !json.Valid([]byte(t.JSON)) {
			v = TextValue(t.JSON)
		} else if isEntry(t, e.Key) {
			return append(dst, t.JSON...)
		}
	default:
	}
	dst = jsonq.Append(append(dst, `{"key":`...), e.Key)
	dst = jsonq.Append(append(dst, `,"type":`...), v.label())
	return append(v.appendJSON(append(dst, `,"value":`...)), '}')
}

// MarshalJSON writes what [Entry.AppendJSON] appends.
func (e Entry) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON reads a stored entry. One that has a type, a member or a form of value that this release does not
// know becomes a [RawValue].
func (e *Entry) UnmarshalJSON(data []byte) error {
	var w struct {
		Key   string          `json:"key"`
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("read metadata entry: %w", err)
	}
	e.Key = w.Key
	e.Value = RawValue{Type: w.Type, JSON: string(data)}
	if v, ok := parse(w.Type, w.Value); ok && strict(data, &w) == nil {
		e.Value = v
	}
	return nil
}

// parse reads the value of a known type, and reports false for any other or if it would not be written back the same.
func parse(label string, data json.RawMessage) (Value, bool) {
	switch label {
	case "text", "url", "path", "notebook", "md", "asset", "dagster_run":
		var s string
		if len(data) == 0 || data[0] != '"' || json.Unmarshal(data, &s) != nil {
			return nil, false
		}
		return parseString(label, s), true
	case "int":
		n, err := strconv.ParseInt(string(data), 10, 64)
		if errors.Is(err, strconv.ErrRange) && isWhole(string(data)) {
			return BigIntValue(data), true
		}
		return IntValue(n), err == nil
	case "float":
		f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
		return FloatValue(f), err == nil && isSpecial(f) == (data[0] == '"')
	case "bool":
		return BoolValue(string(data) == "true"), string(data) == "true" || string(data) == "false"
	case "null":
		return NullValue{}, string(data) == "null"
	case "json":
		return JSONValue(data), len(data) > 0
	case "timestamp":
		t, ok := parseTime(string(data))
		return TimeValue(t), ok
	default:
		return parseStruct(label, data)
	}
}

// parseStruct reads the value of a type that has members.
func parseStruct(label string, data json.RawMessage) (Value, bool) {
	switch label {
	case "table":
		var t TableValue
		return t.parse(data)
	case "table_schema":
		return parseAs[SchemaValue](data)
	case "table_column_lineage":
		return parseAs[LineageValue](data)
	case "code_references":
		return parseAs[CodeValue](data)
	case "job":
		return parseAs[JobValue](data)
	default:
		return nil, false
	}
}

func parseAs[V Value](data json.RawMessage) (Value, bool) {
	var v V
	if len(data) == 0 || data[0] != '{' || strict(data, &v) != nil {
		return nil, false
	}
	return v, true
}

// isWhole reports whether s is a whole number as JSON writes it.
func isWhole(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits[0] != '0' || s == "0")
}

func parseString(label, s string) Value {
	switch label {
	case "url":
		return URLValue(s)
	case "path":
		return PathValue(s)
	case "notebook":
		return NotebookValue(s)
	case "md":
		return MarkdownValue(s)
	case "asset":
		return AssetValue(s)
	case "dagster_run":
		return RunValue(s)
	default:
		return TextValue(s)
	}
}

// appendTime writes seconds since 1970 as a decimal: as a float64 they would lose the nanoseconds.
func appendTime(dst []byte, t time.Time) []byte {
	sec, ns := t.Unix(), int64(t.Nanosecond())
	if sec < 0 && ns > 0 {
		sec, ns = sec+1, 1e9-ns
		if sec == 0 {
			dst = append(dst, '-')
		}
	}
	dst = strconv.AppendInt(dst, sec, 10)
	if ns == 0 {
		return dst
	}
	frac := strconv.Itoa(int(1e9 + ns))[1:]
	return append(append(dst, '.'), strings.TrimRight(frac, "0")...)
}

func parseTime(s string) (time.Time, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(frac) > 9 {
		// Another writer's float: as near as a float is.
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f > 1e11 || f < -1e11 {
			return time.Time{}, false
		}
		return time.UnixMicro(int64(f * 1e6)).UTC(), true
	}
	ns, err := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
	if strings.HasPrefix(whole, "-") {
		ns = -ns
	}
	return time.Unix(sec, ns).UTC(), err == nil
}

// isEntry reports whether v keeps the whole entry named key, rather than only its value.
func isEntry(v RawValue, key string) bool {
	var w struct {
		Key   *string         `json:"key"`
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	err := json.Unmarshal([]byte(v.JSON), &w)
	return err == nil && w.Key != nil && *w.Key == key && w.Type == v.Type
}

// strict reads data into v and refuses members that v does not have.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// marshal writes v as UTF-8 JSON in one line, without escaping for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.ToValidUTF8(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("\ufffd")), nil
}

// appendStruct writes a value that has only strings, numbers and bools in it.
func appendStruct(dst []byte, v Value) []byte {
	b, err := marshal(v)
	if err != nil {
		panic(err) // nothing in it can fail
	}
	return append(dst, b...)
}

func unwritable(key string, v any, err error) Entry {
	return Text(key, fmt.Sprintf("%T is not shown: %v", v, err))
}
