package metadata_test

import (
	"encoding/json"
	"flag"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/metadata"
)

var update = flag.Bool("update", false, "write the golden files anew")

type order struct {
	ID     int        `json:"id"`
	Name   string     `json:"name"`
	Price  float64    `json:"price"`
	Paid   bool       `json:"paid"`
	At     time.Time  `json:"at"`
	Until  *time.Time `json:"until,omitempty"`
	Lines  []string   `json:"lines,omitempty"`
	Secret string     `json:"-"`
}

// entries is one of each kind, odd ones among them.
func entries() []metadata.Entry {
	at := time.Unix(1700000000, 500000000)
	return []metadata.Entry{
		metadata.Text("text", "a \"b\"\n<é>\u2028🚀\x00"),
		metadata.Text("", ""),
		metadata.Int("int", 123),
		metadata.Int("exact", math.MaxInt64),
		metadata.Float("float", 1.5),
		metadata.Float("whole", 3),
		metadata.Float("nan", math.NaN()),
		metadata.Float("inf", math.Inf(1)),
		metadata.Float("-inf", math.Inf(-1)),
		metadata.Float("-0", math.Copysign(0, -1)),
		metadata.Float("tiny", 5e-324),
		metadata.Bool("yes", true),
		metadata.Bool("no", false),
		metadata.Null("null"),
		metadata.Time("time", at),
		metadata.Time("ns", at.Add(1)),
		metadata.Time("old", time.Unix(-1, 250000000)),
		metadata.Time("older", time.Unix(-2, 250000000)),
		metadata.Time("zero", time.Time{}),
		metadata.URL("url", "https://x.org/?a=1&b=2"),
		metadata.Path("path", "/a/b"),
		metadata.Markdown("md", "**b**"),
		metadata.JSON("json", map[string]any{"a": []any{1, "<b>", nil}}),
		metadata.Asset("asset", "up/a"),
		metadata.Run("run", "0192f0a0-0000-7000-8000-000000000000"),
		metadata.Table("structs", []order{{ID: 1, Name: "x", Price: 2.5, At: at.UTC()}}),
		metadata.Table("maps", []map[string]any{{"a": 1}, {"b": "x", "a": nil}, {"b": nil, "c": 1.5}}),
		metadata.Table("empty", []order{}),
		metadata.Schema[order]("schema"),
		metadata.Rows(7),
		{Key: "nil"},
		metadata.BigInt("big", new(big.Int).Lsh(big.NewInt(-1), 64)),
		metadata.Notebook("notebook", "/n.ipynb"),
		metadata.Job("job", "nightly", ""),
		metadata.Job("their job", "nightly", "shop"),
		metadata.PartitionRows(7),
		metadata.TableName("db.public.orders"),
		metadata.URI("s3://bucket/orders"),
		metadata.ColumnSchema(
			metadata.Column{Name: "id", Type: "int", Description: "of the order", NotNull: true, Unique: true},
			metadata.Column{Name: "state", Constraints: []string{"one of: new, paid"}, Tags: map[string]string{"pii": ""}},
		),
		metadata.ColumnSchemaOf[order](),
		metadata.ColumnLineage(map[string][]metadata.ColumnOf{
			"total": {{Asset: "up/orders", Column: "price"}, {Asset: "rates", Column: "rate"}, {Asset: "rates", Column: "day"}}, "none": {},
		}),
		metadata.CodeReferences(
			metadata.CodeReference{File: "/src/orders.go", Line: 12},
			metadata.CodeReference{URL: "https://git.example/orders.sql#L3", Label: "query"},
		),
		metadata.Code("no code"),
	}
}

func TestWireFormIsGolden(t *testing.T) {
	t.Parallel()

	var b strings.Builder
	for _, e := range entries() {
		b.Write(e.AppendJSON(nil))
		b.WriteByte('\n')
	}
	const name = "testdata/entries.jsonl"
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String())
}

func TestEntriesSurviveStorage(t *testing.T) {
	t.Parallel()

	for _, e := range entries() {
		stored := e.AppendJSON(nil)
		require.True(t, json.Valid(stored), "%s", stored)
		var got metadata.Entry
		require.NoError(t, json.Unmarshal(stored, &got), "%s", stored)
		assert.Equal(t, string(stored), string(got.AppendJSON(nil)))
		switch v := e.Value.(type) {
		case nil:
			assert.Equal(t, metadata.NullValue{}, got.Value)
		case metadata.FloatValue:
			assert.Equal(t, math.Float64bits(float64(v)), math.Float64bits(float64(got.Value.(metadata.FloatValue))), "%s", stored)
		default:
			assert.Equal(t, e, got, "%s", stored)
		}
	}
}

func TestUnknownEntriesAreKeptVerbatim(t *testing.T) {
	t.Parallel()

	for _, stored := range []string{
		`{"key":"n","type":"python_artifact","value":{"module":"m","name":"C"}}`,
		`{"key":"n","type":"int","value":1.0}`,
		`{"key":"n","type":"int","value":1e30}`,
		`{"key":"n","type":"job","value":"nightly"}`,
		`{"key":"n","type":"job","value":null}`,
		`{"key":"n","type":"code_references","value":{"references":[{"file":"f","column":3}]}}`,
		`{"key":"n","type":"table_column_lineage","value":[]}`,
		`{"key":"n","type":"int","value":1,"unit":"rows"}`,
		`{ "value": {"b" : 1, "a":2}, "type": "new", "key": "n" }`,
		`{"key":"n","type":"bool","value":"yes"}`,
		`{"key":"n","type":"float","value":1e999}`,
		`{"key":"n","type":"text"}`,
		`{"key":"n","type":"float"}`,
		`{"key":"n","type":"json"}`,
		`{"key":"n","type":"timestamp","value":"2024"}`,
		`{"key":"n","type":"timestamp","value":1e300}`,
		`{"key":"n","type":"text","value":null}`,
		`{"key":"n","value":1}`,
		`{"key":"n","type":"table_schema","value":{"columns":[{"name":"a","type":"int","sorted":true}]}}`,
	} {
		var got metadata.Entry
		require.NoError(t, got.UnmarshalJSON([]byte(stored)), stored)
		assert.Equal(t, "n", got.Key)
		raw, isRaw := got.Value.(metadata.RawValue)
		require.True(t, isRaw, "%s read as %T", stored, got.Value)
		assert.Equal(t, stored, raw.JSON)
		assert.Equal(t, stored, string(got.AppendJSON(nil)))
	}
}

func TestReadsAnotherWritersTimestamp(t *testing.T) {
	t.Parallel()

	var got metadata.Entry
	require.NoError(t, json.Unmarshal([]byte(`{"key":"t","type":"timestamp","value":1.7000000005e9}`), &got))
	assert.Equal(t, "2023-11-14T22:13:20.5Z", got.Value.String())
}

func TestWhatIsNotJSONIsNotLost(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		got  metadata.Entry
		want string
	}{
		{"channel", metadata.JSON("k", make(chan int)), "chan int is not shown: json: unsupported type: chan int"},
		{"nan", metadata.JSON("k", math.NaN()), "float64 is not shown: json: unsupported value: NaN"},
		{"table of numbers", metadata.Table("k", []int{1}), "[]int is not shown: row 0 is no struct and no map"},
		{"no table", metadata.Table("k", 1), "int is not shown: a table is a slice of structs or maps"},
		{"nil table", metadata.Table("k", nil), "<nil> is not shown: a table is a slice of structs or maps"},
		{"schema", metadata.Schema[int]("k"), "int is not shown: a schema is made from a struct"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, metadata.Text("k", tt.want), tt.got)
		})
	}

	broken := metadata.Entry{Key: "k", Value: metadata.JSONValue("{")}
	assert.JSONEq(t, `{"key":"k","type":"text","value":"{"}`, string(broken.AppendJSON(nil)))
	raw := metadata.Entry{Key: "k", Value: metadata.RawValue{Type: "new", JSON: "{"}}
	assert.JSONEq(t, `{"key":"k","type":"text","value":"{"}`, string(raw.AppendJSON(nil)))
	digits := metadata.Entry{Key: "k", Value: metadata.BigIntValue("1e9")}
	assert.JSONEq(t, `{"key":"k","type":"text","value":"1e9"}`, string(digits.AppendJSON(nil)))
	bare := metadata.Entry{Key: "k", Value: metadata.RawValue{Type: "new", JSON: "[1]"}}
	assert.JSONEq(t, `{"key":"k","type":"new","value":[1]}`, string(bare.AppendJSON(nil)))
}

func TestAnyTextAndNumberSurvives(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		key, text := rapid.String().Draw(t, "key"), rapid.String().Draw(t, "text")
		sec, ns := rapid.Int64Range(-62135596800, 253402300799).Draw(t, "sec"), rapid.Int64Range(0, 999999999).Draw(t, "ns")
		for _, want := range []metadata.Entry{
			metadata.Text(key, text),
			metadata.Int(key, int(rapid.Int64().Draw(t, "int"))),
			metadata.Float(key, rapid.Float64().Draw(t, "float")),
			metadata.Time(key, time.Unix(sec, ns)),
			metadata.JSON(key, map[string]string{text: key}),
		} {
			var got metadata.Entry
			require.NoError(t, json.Unmarshal(want.AppendJSON(nil), &got))
			require.Equal(t, want, got)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	for _, e := range entries() {
		f.Add(e.AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second metadata.Entry
		if first.UnmarshalJSON(data) != nil {
			return
		}
		once := first.AppendJSON(nil)
		require.NoError(t, second.UnmarshalJSON(once), "%s", once)
		require.Equal(t, string(once), string(second.AppendJSON(nil)))
	})
}

func TestStringIsSafeForATerminal(t *testing.T) {
	t.Parallel()

	for _, e := range entries() {
		if e.Value == nil {
			continue
		}
		assert.NotContains(t, e.Value.String(), "\x00")
	}
	assert.Equal(t, `\x1b[2Jx`+"\n\t", metadata.Text("", "\x1b[2Jx\n\t").Value.String())
	assert.Equal(t, "3 rows (a, b, c)", metadata.Table("", []map[string]any{{"a": 1}, {"b": 1}, {"c": 1}}).Value.String())
}
