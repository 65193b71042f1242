package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/metadata"
)

// How much of one value is shown to people; --json has all of it.
const (
	mostRows  = 20
	mostShown = 40
)

// metadataBlocks adds what fits a line to a table, and returns the rest, each under its key.
func (a *app) metadataBlocks(t *table, entries []metadata.Entry) string {
	var b strings.Builder
	for _, m := range entries {
		block := a.metadataBlock(m.Value)
		if block == "" {
			t.add(span{m.Key, dim}, span{fmt.Sprint(m.Value), plain})
			continue
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", a.style.paint(dim, oneLine(m.Key)), indent(block))
	}
	return b.String()
}

// metadataBlock is a value on several lines, empty if one is enough.
func (a *app) metadataBlock(v metadata.Value) string {
	switch v := v.(type) {
	case metadata.TableValue:
		return recordTable(v)
	case metadata.SchemaValue:
		return columnTable(v)
	case metadata.LineageValue:
		var t table
		t.head("COLUMN", "MADE FROM")
		for i := range v.Columns {
			t.add(span{v.Columns[i].Column, plain}, span{v.Columns[i].Sources(), plain})
		}
		return t.text(style{})
	case metadata.CodeValue:
		lines := make([]string, len(v.References))
		for i, r := range v.References {
			lines[i] = r.String()
		}
		if len(lines) > 1 {
			return cutLines(strings.Join(lines, "\n"))
		}
	case metadata.JSONValue:
		var b bytes.Buffer
		if len(v) > most/3 && json.Indent(&b, []byte(v), "", "  ") == nil {
			return cutLines(b.String())
		}
	case metadata.TextValue, metadata.MarkdownValue, metadata.RawValue:
		if text := fmt.Sprint(v); strings.Contains(strings.TrimSpace(text), "\n") {
			return cutLines(text)
		}
	default:
	}
	return ""
}

// columnTable is a line for each column.
func columnTable(v metadata.SchemaValue) string {
	var t table
	t.head("COLUMN", "TYPE", "CONSTRAINTS", "TAGS", "DESCRIPTION")
	for i := range v.Columns {
		c := &v.Columns[i]
		t.add(span{c.Name, plain}, span{c.Type, plain}, span{strings.Join(c.Limits(), ", "), plain}, span{tagList(c.Tags), plain},
			span{firstLine(c.Description), plain})
	}
	text := withoutEmpty(t)
	if len(v.Constraints) > 0 {
		text += strings.Join(v.Constraints, ", ") + "\n"
	}
	return text
}

// withoutEmpty is a table without the columns that have only a head.
func withoutEmpty(t table) string {
	var kept table
	for i := range t.rows {
		var row []span
		for col, cell := range t.rows[i] {
			used := col == 0
			for _, other := range t.rows[1:] {
				used = used || other[col].text != ""
			}
			if used {
				row = append(row, cell)
			}
		}
		kept.rows = append(kept.rows, row)
	}
	return kept.text(style{})
}

// recordTable is the first rows of a table.
func recordTable(v metadata.TableValue) string {
	var t table
	names := make([]string, len(v.Schema.Columns))
	for i := range v.Schema.Columns {
		names[i] = v.Schema.Columns[i].Name
	}
	t.head(names...)
	for _, record := range v.Records[:min(len(v.Records), mostRows)] {
		var row map[string]json.RawMessage
		if json.Unmarshal([]byte(record), &row) != nil {
			t.add(span{record, plain})
			continue
		}
		cells := make([]span, len(names))
		for i, name := range names {
			cells[i] = span{cellText(row[name]), plain}
		}
		t.add(cells...)
	}
	text := t.text(style{})
	if more := len(v.Records) - mostRows; more > 0 {
		text += fmt.Sprintf("(and %s more; --json has all)\n", count(more, "row"))
	}
	return text
}

// cellText is a JSON value as a cell of a table.
func cellText(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return fold(s)
	}
	return fold(string(v))
}

func cutLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if more := len(lines) - mostShown; more > 0 {
		lines = append(lines[:mostShown], fmt.Sprintf("(and %s more; --json has all)", count(more, "line")))
	}
	return strings.Join(lines, "\n")
}
