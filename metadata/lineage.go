package metadata

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// LineageValue is what the columns of a table are made from ("table_column_lineage").
type LineageValue struct {
	Columns []ColumnFrom `json:"columns"`
}

// ColumnFrom is one column, and those that it is made from.
type ColumnFrom struct {
	Column string     `json:"column"`
	From   []ColumnOf `json:"from"`
}

// ColumnOf is a column of an asset.
type ColumnOf struct {
	Asset  string `json:"asset"` // its key
	Column string `json:"column"`
}

// Lineage is what each column of a table is made from. Columns are stored by name, what they are made from by asset and
// column.
func Lineage(key string, from map[string][]ColumnOf) Entry {
	v := LineageValue{Columns: make([]ColumnFrom, 0, len(from))}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		of := slices.Clone(from[name])
		slices.SortFunc(of, func(a, b ColumnOf) int {
			return cmp.Or(slices.Compare(strings.Split(a.Asset, "/"), strings.Split(b.Asset, "/")), strings.Compare(a.Column, b.Column))
		})
		v.Columns = append(v.Columns, ColumnFrom{Column: name, From: of})
	}
	return Entry{key, v}
}

func (v LineageValue) label() string { return "table_column_lineage" }

func (v LineageValue) appendJSON(dst []byte) []byte {
	columns := make([]ColumnFrom, len(v.Columns))
	for i, c := range v.Columns {
		if c.From == nil {
			c.From = []ColumnOf{}
		}
		columns[i] = c
	}
	return appendStruct(dst, LineageValue{Columns: columns})
}

// String is each column with what it is made from.
func (v LineageValue) String() string {
	columns := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		columns[i] = c.Column + " <- " + c.Sources()
	}
	return printable(strings.Join(columns, "; "))
}

// Sources are the columns that the column is made from, each as asset:column.
func (c *ColumnFrom) Sources() string {
	from := make([]string, len(c.From))
	for i, f := range c.From {
		from[i] = f.Asset + ":" + f.Column
	}
	return strings.Join(from, ", ")
}
