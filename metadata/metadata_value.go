package metadata

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dagster-go/dagster/internal/jsonq"
)

func (v TextValue) label() string     { return "text" }
func (v IntValue) label() string      { return "int" }
func (v BigIntValue) label() string   { return "int" }
func (v FloatValue) label() string    { return "float" }
func (v BoolValue) label() string     { return "bool" }
func (v NullValue) label() string     { return "null" }
func (v TimeValue) label() string     { return "timestamp" }
func (v URLValue) label() string      { return "url" }
func (v PathValue) label() string     { return "path" }
func (v NotebookValue) label() string { return "notebook" }
func (v MarkdownValue) label() string { return "md" }
func (v JSONValue) label() string     { return "json" }
func (v AssetValue) label() string    { return "asset" }
func (v RunValue) label() string      { return "dagster_run" }
func (v JobValue) label() string      { return "job" }
func (v RawValue) label() string      { return v.Type }

func (v TextValue) appendJSON(dst []byte) []byte     { return jsonq.Append(dst, string(v)) }
func (v IntValue) appendJSON(dst []byte) []byte      { return strconv.AppendInt(dst, int64(v), 10) }
func (v BigIntValue) appendJSON(dst []byte) []byte   { return append(dst, v...) }
func (v BoolValue) appendJSON(dst []byte) []byte     { return strconv.AppendBool(dst, bool(v)) }
func (v NullValue) appendJSON(dst []byte) []byte     { return append(dst, "null"...) }
func (v TimeValue) appendJSON(dst []byte) []byte     { return appendTime(dst, time.Time(v)) }
func (v URLValue) appendJSON(dst []byte) []byte      { return jsonq.Append(dst, string(v)) }
func (v PathValue) appendJSON(dst []byte) []byte     { return jsonq.Append(dst, string(v)) }
func (v NotebookValue) appendJSON(dst []byte) []byte { return jsonq.Append(dst, string(v)) }
func (v MarkdownValue) appendJSON(dst []byte) []byte { return jsonq.Append(dst, string(v)) }
func (v JSONValue) appendJSON(dst []byte) []byte     { return append(dst, v...) }
func (v AssetValue) appendJSON(dst []byte) []byte    { return jsonq.Append(dst, string(v)) }
func (v RunValue) appendJSON(dst []byte) []byte      { return jsonq.Append(dst, string(v)) }
func (v RawValue) appendJSON(dst []byte) []byte      { return append(dst, v.JSON...) }
func (v JobValue) appendJSON(dst []byte) []byte      { return appendStruct(dst, v) }

func (v FloatValue) appendJSON(dst []byte) []byte {
	if isSpecial(float64(v)) {
		return append(append(append(dst, '"'), v.String()...), '"')
	}
	return strconv.AppendFloat(dst, float64(v), 'g', -1, 64)
}

// String is the text.
func (v TextValue) String() string { return printable(string(v)) }

// String is the number.
func (v IntValue) String() string { return strconv.FormatInt(int64(v), 10) }

// String is the number.
func (v BigIntValue) String() string { return printable(string(v)) }

// String is the shortest number that is v: "nan", "inf" or "-inf" where there is none.
func (v FloatValue) String() string {
	switch f := float64(v); {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	default:
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
}

// String is "true" or "false".
func (v BoolValue) String() string { return strconv.FormatBool(bool(v)) }

// String is "null".
func (v NullValue) String() string { return "null" }

// String is the instant in UTC, as RFC 3339 writes it.
func (v TimeValue) String() string { return time.Time(v).UTC().Format(time.RFC3339Nano) }

// String is the link.
func (v URLValue) String() string { return printable(string(v)) }

// String is the path.
func (v PathValue) String() string { return printable(string(v)) }

// String is the path.
func (v NotebookValue) String() string { return printable(string(v)) }

// String is the Markdown as it was written.
func (v MarkdownValue) String() string { return printable(string(v)) }

// String is the JSON.
func (v JSONValue) String() string { return printable(string(v)) }

// String is the asset key.
func (v AssetValue) String() string { return printable(string(v)) }

// String is the run's ID.
func (v RunValue) String() string { return printable(string(v)) }

// String is the job's name, and its repository if that is another one.
func (v JobValue) String() string {
	if v.Location == "" {
		return printable(v.Name)
	}
	return printable(v.Name + " (" + v.Location + ")")
}

// String is the JSON that was stored.
func (v RawValue) String() string { return printable(v.JSON) }

// printable escapes what would move a terminal's cursor or change its state; lines stay lines.
func printable(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isControl(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
