package metadata

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// TableValue is some rows of a table ("table").
type TableValue struct {
	Schema  SchemaValue
	Records []string // each row as a JSON object
}

// SchemaValue is the columns of a table ("table_schema").
type SchemaValue struct {
	Columns     []Column `json:"columns"`
	Constraints []string `json:"constraints,omitempty"` // of the whole table, in words
}

// Column is one column of a table.
type Column struct {
	Name        string            `json:"name"`
	Type        string            `json:"type"` // free text; "string" where it is not known
	Description string            `json:"description,omitempty"`
	NotNull     bool              `json:"not_null,omitempty"`
	Unique      bool              `json:"unique,omitempty"`
	Constraints []string          `json:"constraints,omitempty"` // others, in words
	Tags        map[string]string `json:"tags,omitempty"`
}

// Table is rows to look at: a slice of structs, whose columns are their fields as encoding/json names them, or of maps,
// whose columns are their keys in order. Anything else becomes a text that says why.
func Table(key string, rows any) Entry {
	v := reflect.ValueOf(rows)
	if k := v.Kind(); k != reflect.Slice && k != reflect.Array {
		return unwritable(key, rows, errors.New("a table is a slice of structs or maps"))
	}
	records := make([]string, v.Len())
	for i := range records {
		b, err := marshal(v.Index(i).Interface())
		if err == nil && b[0] != '{' {
			err = fmt.Errorf("row %d is no struct and no map", i)
		}
		if err != nil {
			return unwritable(key, rows, err)
		}
		records[i] = string(b)
	}
	return Entry{key, TableValue{Schema: SchemaValue{Columns: columnsOf(v, records)}, Records: records}}
}

// Columns are the columns of a table, one by one; a column that has no type gets "string".
func Columns(key string, columns ...Column) Entry {
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].Type = cmp.Or(columns[i].Type, "string")
	}
	return Entry{key, SchemaValue{Columns: columns}}
}

// Schema is the columns of a table whose rows are structs of type Row: the fields as encoding/json names them.
func Schema[Row any](key string) Entry {
	t := reflect.TypeFor[Row]()
	if elem(t).Kind() != reflect.Struct {
		return Text(key, fmt.Sprintf("%v is not shown: a schema is made from a struct", t))
	}
	return Entry{key, SchemaValue{Columns: fields(elem(t))}}
}

func columnsOf(rows reflect.Value, records []string) []Column {
	if t := elem(rows.Type().Elem()); t.Kind() == reflect.Struct {
		return fields(t)
	}
	types := map[string]string{}
	for _, r := range records {
		var row map[string]json.RawMessage
		if json.Unmarshal([]byte(r), &row) != nil {
			continue
		}
		for name, v := range row {
			types[name] = cmp.Or(types[name], jsonType(string(v)))
		}
	}
	columns := make([]Column, 0, len(types))
	for name, t := range types {
		columns = append(columns, Column{Name: name, Type: cmp.Or(t, "string")})
	}
	slices.SortFunc(columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return columns
}

// jsonType names the type of a JSON value; null has none.
func jsonType(v string) string {
	switch v[0] {
	case 'n':
		return ""
	case 't', 'f':
		return "bool"
	case '"':
		return "string"
	case '{', '[':
		return "json"
	default:
		if strings.ContainsAny(v, ".eE") {
			return "float"
		}
		return "int"
	}
}

// fields are the columns of a struct, embedded structs flattened as encoding/json does.
func fields(t reflect.Type) []Column {
	columns := []Column{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || !reachable(t, f.Index) {
			continue
		}
		if f.Anonymous && name == "" && elem(f.Type).Kind() == reflect.Struct {
			continue
		}
		columns = append(columns, Column{Name: cmp.Or(name, f.Name), Type: goType(elem(f.Type))})
	}
	return columns
}

// reachable reports whether every struct on the way to a promoted field is one that encoding/json flattens.
func reachable(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		f := elem(t).Field(i)
		if f.Tag.Get("json") != "" {
			return false
		}
		t = f.Type
	}
	return true
}

func goType(t reflect.Type) string {
	if t == reflect.TypeFor[time.Time]() {
		return "timestamp"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "int"
	case reflect.Float32, reflect.Float64:
		return "float"
	case reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
		return "json"
	default:
		return "string"
	}
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func (v TableValue) label() string  { return "table" }
func (v SchemaValue) label() string { return "table_schema" }

func (v TableValue) appendJSON(dst []byte) []byte {
	dst = append(v.Schema.appendJSON(append(dst, `{"schema":`...)), `,"records":[`...)
	for i, r := range v.Records {
		if i > 0 {
			dst = append(dst, ',')
		}
		if json.Valid([]byte(r)) {
			dst = append(dst, r...)
		} else {
			dst = TextValue(r).appendJSON(dst)
		}
	}
	return append(dst, "]}"...)
}

func (v TableValue) parse(data []byte) (Value, bool) {
	var w struct {
		Schema  SchemaValue       `json:"schema"`
		Records []json.RawMessage `json:"records"`
	}
	if strict(data, &w) != nil {
		return nil, false
	}
	v.Schema, v.Records = w.Schema, make([]string, len(w.Records))
	for i, r := range w.Records {
		v.Records[i] = string(r)
	}
	return v, true
}

func (v SchemaValue) appendJSON(dst []byte) []byte {
	if v.Columns == nil {
		v.Columns = []Column{}
	}
	return appendStruct(dst, v)
}

// String is the number of rows and the names of the columns.
func (v TableValue) String() string {
	names := make([]string, len(v.Schema.Columns))
	for i, c := range v.Schema.Columns {
		names[i] = c.Name
	}
	return printable(fmt.Sprintf("%d rows (%s)", len(v.Records), strings.Join(names, ", ")))
}

// String is the columns with their types and constraints.
func (v SchemaValue) String() string {
	columns := make([]string, len(v.Columns))
	for i := range v.Columns {
		c := &v.Columns[i]
		columns[i] = strings.Join(append([]string{c.Name, cmp.Or(c.Type, "string")}, c.Limits()...), " ")
	}
	return printable(strings.Join(columns, ", "))
}

// Limits are the constraints of the column in words: "not null", "unique", and the others as they are.
func (c *Column) Limits() []string {
	var all []string
	if c.NotNull {
		all = append(all, "not null")
	}
	if c.Unique {
		all = append(all, "unique")
	}
	return append(all, c.Constraints...)
}
