package conformance_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/metadata"
)

// metadataCase is one case of metadata_values: a value as it is given, and what is shown of it.
type metadataCase struct {
	Value struct {
		Plain string            `json:"py"`
		V     json.RawMessage   `json:"v"`
		Make  string            `json:"make"`
		Args  []json.RawMessage `json:"args"`
	} `json:"value"`
	Type  string `json:"type"`
	Shown struct {
		Name   string         `json:"typename"`
		Fields map[string]any `json:"fields"`
	} `json:"graphql"`
	Error bool `json:"error"`
}

func TestConformanceMetadataValues(t *testing.T) {
	t.Parallel()

	conformance.Each(t, "metadata_values", func(t *testing.T, c metadataCase) {
		t.Helper()

		e := c.entry(t)
		if c.Error {
			require.Error(t, e.Err())
			return
		}
		require.NoError(t, e.Err())
		var stored metadata.Entry
		require.NoError(t, json.Unmarshal(e.AppendJSON(nil), &stored))
		for _, v := range []metadata.Value{e.Value, stored.Value} {
			typ, name, fields := shown(t, v)
			assert.Equal(t, c.Type, typ)
			assert.Equal(t, c.Shown.Name, name)
			assert.Equal(t, spaced(t, c.Shown.Fields), spaced(t, fields))
		}
	}, metadataRules()...)
}

func metadataRules() []conformance.Rule[metadataCase] {
	plain := func(names ...string) func(c metadataCase) bool {
		return func(c metadataCase) bool { return slices.Contains(names, c.Value.Plain) }
	}
	return []conformance.Rule[metadataCase]{
		{Why: "Go has no tuples and no sets", Match: plain("tuple", "set")},
		{
			Why: "the compiler refuses an argument of another type, or accepts a number as the float that it is",
			Match: func(c metadataCase) bool {
				return c.Error && slices.Contains([]string{"int", "float", "url", "text", "bool", "timestamp"}, c.Value.Make)
			},
		},
		{
			Why:   "a Go text can't be null",
			Match: func(c metadataCase) bool { return len(c.Value.Args) == 1 && string(c.Value.Args[0]) == "null" },
		},
		{Why: "a Python artifact is a Python class", Match: func(c metadataCase) bool { return c.Value.Make == "python_artifact" }},
		{
			Why:   "a time.Time is an instant, whereas Python's may lack a zone (docs/adr/0010)",
			Match: plain("datetime"),
			Instead: func(c *metadataCase) {
				c.Error, c.Type, c.Shown.Name = false, "Timestamp", "TimestampMetadataEntry"
				c.Shown.Fields = map[string]any{"timestamp": float64(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Unix())}
			},
		},
	}
}

// entry makes the value as a Go program would.
func (c metadataCase) entry(t *testing.T) metadata.Entry {
	t.Helper()

	if c.Value.Plain != "" {
		return c.plain(t)
	}
	var text []string
	for _, arg := range c.Value.Args {
		var s string
		_ = json.Unmarshal(arg, &s)
		text = append(text, s)
	}
	switch c.Value.Make {
	case "text":
		return metadata.Text("k", text[0])
	case "url":
		return metadata.URL("k", text[0])
	case "path":
		return metadata.Path("k", text[0])
	case "notebook":
		return metadata.Notebook("k", text[0])
	case "md":
		return metadata.Markdown("k", text[0])
	case "asset":
		return metadata.Asset("k", text[0])
	case "dagster_run":
		return metadata.Run("k", text[0])
	case "job":
		return metadata.Job("k", text[0], text[1])
	case "null":
		return metadata.Null("k")
	}
	return c.made(t)
}

// made is a value that is made of more than texts.
func (c metadataCase) made(t *testing.T) metadata.Entry {
	t.Helper()

	arg := c.Value.Args[0]
	switch c.Value.Make {
	case "json":
		return metadata.JSON("k", arg)
	case "int":
		return metadata.Int("k", decode[int](t, arg))
	case "float":
		return metadata.Float("k", decode[float64](t, arg))
	case "bool":
		return metadata.Bool("k", decode[bool](t, arg))
	case "timestamp":
		return metadata.Time("k", time.UnixMicro(int64(decode[float64](t, arg)*1e6)))
	case "table":
		return metadata.Table("k", decode[[]map[string]any](t, arg))
	case "table_schema":
		var columns []metadata.Column
		for _, col := range decode[[]struct {
			Name, Type  string
			Constraints struct {
				Nullable *bool
				Unique   bool
			}
		}](t, arg) {
			null := col.Constraints.Nullable
			columns = append(columns, metadata.Column{
				Name: col.Name, Type: col.Type, NotNull: null != nil && !*null, Unique: col.Constraints.Unique,
			})
		}
		return metadata.Columns("k", columns...)
	case "column_lineage":
		from := map[string][]metadata.ColumnOf{}
		for column, deps := range decode[map[string][][2]string](t, arg) {
			for _, d := range deps {
				from[column] = append(from[column], metadata.ColumnOf{Asset: d[0], Column: d[1]})
			}
		}
		return metadata.Lineage("k", from)
	}
	t.Fatalf("no constructor for %q", c.Value.Make)
	return metadata.Entry{}
}

// plain is a value whose type is found. Go has no types of their own for paths and asset keys: they are said.
func (c metadataCase) plain(t *testing.T) metadata.Entry {
	t.Helper()

	v := c.Value.V
	switch c.Value.Plain {
	case "path":
		return metadata.Path("k", decode[string](t, v))
	case "asset_key":
		return metadata.Asset("k", decode[string](t, v))
	case "bytes":
		return metadata.Of("k", []byte(decode[string](t, v)))
	case "object":
		return metadata.Of("k", make(chan int)) // has no form that could be stored
	case "datetime":
		at, err := time.Parse("2006-01-02T15:04:05", decode[string](t, v))
		require.NoError(t, err)
		return metadata.Of("k", at)
	case "float":
		var f float64
		if json.Unmarshal(v, &f) != nil {
			f, _ = strconv.ParseFloat(decode[string](t, v), 64)
		}
		return metadata.Of("k", f)
	case "int":
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return metadata.Of("k", n)
		}
		return metadata.Of("k", decode[uint64](t, v))
	case "str", "bool", "none", "list", "dict":
		return metadata.Of("k", decode[any](t, v))
	}
	t.Fatalf("no value for %q", c.Value.Plain)
	return metadata.Entry{}
}

func decode[T any](t *testing.T, data json.RawMessage) T {
	t.Helper()

	var v T
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

// shown is a value as Dagster's API shows it.
func shown(t *testing.T, v metadata.Value) (typ, name string, fields map[string]any) {
	t.Helper()

	one := func(name string, v any) map[string]any { return map[string]any{name: v} }
	switch v := v.(type) {
	case metadata.TextValue:
		return "Text", "TextMetadataEntry", one("text", string(v))
	case metadata.IntValue:
		var small any
		if v == metadata.IntValue(int32(v)) {
			small = int(v)
		}
		return "Int", "IntMetadataEntry", map[string]any{"intValue": small, "intRepr": v.String()}
	case metadata.BigIntValue:
		return "Int", "IntMetadataEntry", map[string]any{"intValue": nil, "intRepr": v.String()}
	case metadata.FloatValue:
		var number any
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			number = f
		}
		return "Float", "FloatMetadataEntry", map[string]any{"floatValue": number, "floatRepr": v.String()}
	case metadata.BoolValue:
		return "Bool", "BoolMetadataEntry", one("boolValue", bool(v))
	case metadata.NullValue:
		return "Null", "NullMetadataEntry", map[string]any{}
	case metadata.JSONValue:
		return "Json", "JsonMetadataEntry", one("jsonString", string(v))
	case metadata.URLValue:
		return "Url", "UrlMetadataEntry", one("url", string(v))
	case metadata.PathValue:
		return "Path", "PathMetadataEntry", one("path", string(v))
	case metadata.NotebookValue:
		return "Notebook", "NotebookMetadataEntry", one("path", string(v))
	case metadata.MarkdownValue:
		return "Markdown", "MarkdownMetadataEntry", one("md_str", string(v))
	case metadata.AssetValue:
		return "DagsterAsset", "AssetMetadataEntry", one("assetKey", keyOf(string(v)))
	case metadata.RunValue:
		return "DagsterRun", "PipelineRunMetadataEntry", one("runId", string(v))
	case metadata.JobValue:
		return "DagsterJob", "JobMetadataEntry", map[string]any{"jobName": v.Name, "repositoryName": nil, "locationName": v.Location}
	case metadata.TimeValue:
		return "Timestamp", "TimestampMetadataEntry", one("timestamp", float64(time.Time(v).UnixMicro())/1e6)
	default:
		return shownTable(t, v)
	}
}

func shownTable(t *testing.T, v metadata.Value) (typ, name string, fields map[string]any) {
	t.Helper()

	switch v := v.(type) {
	case metadata.TableValue:
		records := make([]any, len(v.Records))
		for i, r := range v.Records {
			records[i] = r
		}
		return "Table", "TableMetadataEntry", map[string]any{"table": map[string]any{"schema": schemaOf(v.Schema), "records": records}}
	case metadata.SchemaValue:
		return "TableSchema", "TableSchemaMetadataEntry", map[string]any{"schema": schemaOf(v)}
	case metadata.LineageValue:
		var lineage []any
		for _, c := range v.Columns {
			var from []any
			for _, f := range c.From {
				from = append(from, map[string]any{"assetKey": keyOf(f.Asset), "columnName": f.Column})
			}
			lineage = append(lineage, map[string]any{"columnName": c.Column, "columnDeps": from})
		}
		return "TableColumnLineage", "TableColumnLineageMetadataEntry", map[string]any{"lineage": lineage}
	default:
		t.Fatalf("%T is not shown", v)
		return "", "", nil
	}
}

func keyOf(key string) map[string]any { return map[string]any{"path": strings.Split(key, "/")} }

func schemaOf(s metadata.SchemaValue) map[string]any {
	columns := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		var description any
		if c.Description != "" {
			description = c.Description
		}
		tags := map[string]string{}
		if c.Tags != nil {
			tags = c.Tags
		}
		columns[i] = map[string]any{
			"name": c.Name, "type": c.Type, "description": description, "tags": tags,
			"constraints": map[string]any{"nullable": !c.NotNull, "unique": c.Unique, "other": append([]string{}, c.Constraints...)},
		}
	}
	return map[string]any{"columns": columns, "constraints": map[string]any{"other": append([]string{}, s.Constraints...)}}
}

// spaced writes fields as JSON, and the JSON in their texts without the white space in which we differ.
func spaced(t *testing.T, fields map[string]any) string {
	t.Helper()

	b, err := json.Marshal(fields)
	require.NoError(t, err)
	return strings.ReplaceAll(string(b), " ", "")
}
