package csv_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/io/csv"
)

// Base is embedded.
type Base struct {
	ID   int64  `csv:"id"`
	Note string `csv:"note"`
}

// Order has every kind of field.
type Order struct {
	Base
	Name    string
	Cents   int       `csv:"cents"`
	Ratio   float64   `csv:"ratio"`
	Paid    bool      `csv:"paid"`
	At      time.Time `csv:"at"`
	Tip     *int      `csv:"tip"`
	Shipped *time.Time
	Data    []byte `csv:"data"`
	Small   uint8  `csv:"small,omitempty"`
	Hidden  string `csv:"-"`
}

func encode[Row any](tb testing.TB, rows []Row) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, csv.Encode(&b, rows))
	return b.String()
}

func TestEveryKindOfField(t *testing.T) {
	t.Parallel()

	tip, at := 5, time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
	rows := []Order{
		{
			Base: Base{ID: math.MaxInt64, Note: "said \"hi\",\nand left; ünï ☃"}, Name: " padded ", Cents: -1, Ratio: 0.1, Paid: true,
			At: at, Tip: &tip, Shipped: &at, Data: []byte{0, 255}, Small: 200, Hidden: "x",
		},
		{At: at},
	}
	text := encode(t, rows)
	assert.Equal(t, strings.Join([]string{
		`id,note,Name,cents,ratio,paid,at,tip,Shipped,data,small`,
		"9223372036854775807,\"said \"\"hi\"\",\nand left; ünï ☃\",\" padded \",-1,0.1,true,2024-01-02T03:04:05.000000006Z,5,2024-01-02T03:04:05.000000006Z,AP8=,200",
		`0,,,0,0,false,2024-01-02T03:04:05.000000006Z,,,,`, ``,
	}, "\n"), text)

	got, err := csv.Decode[Order](strings.NewReader(text))
	require.NoError(t, err)
	rows[0].Hidden = ""
	rows[1].Data = []byte{}
	assert.Equal(t, rows, got)
}

// Pair is a row for foreign files.
type Pair struct {
	A string `csv:"a"`
	B *int   `csv:"b"`
}

func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	two := 2

	for _, tt := range []struct {
		name, file string
		want       []Pair
	}{
		{"only a header", "a,b\n", []Pair{}},
		{"no end of line", "a,b\nx,2", []Pair{{"x", &two}}},
		{"byte order mark", "\ufeffa,b\nx,2\n", []Pair{{"x", &two}}},
		{"byte order mark before quotes", "\ufeff\"a\",b\nx,2\n", []Pair{{"x", &two}}},
		{"carriage returns", "a,b\r\nx,2\r\n", []Pair{{"x", &two}}},
		{"carriage return in quotes", "a,b\r\n\"x\r\ny\",2\r\n", []Pair{{"x\r\ny", &two}}},
		{"other order, further columns", "c,b,d,a\n1,2,3,x\n", []Pair{{"x", &two}}},
		{"empty lines", "a,b\n\nx,2\n\n", []Pair{{"x", &two}}},
		{"further columns with one name", "a,c,c,b\nx,,,2\n", []Pair{{"x", &two}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			for _, r := range []io.Reader{strings.NewReader(tt.file), iotest.OneByteReader(strings.NewReader(tt.file)), iotest.DataErrReader(strings.NewReader(tt.file))} {
				got, err := csv.Decode[Pair](r)
				require.NoError(t, err)
				assert.Equal(t, tt.want, got)
			}
		})
	}
}

func TestDecodeMistakes(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct{ name, file, want string }{
		{"empty file", "", `decode csv: no header, the file is empty`},
		{"only a byte order mark", "\ufeff", `decode csv: no header, the file is empty`},
		{"missing column", "b\n1\n", `decode csv: line 1: missing column "a"`},
		{"missing columns, and no rows", "x\n", `decode csv: line 1: missing column "a", "b"`},
		{"column in other case", "A,b\nx,1\n", `decode csv: line 1: missing column "a"`},
		{"column given twice", "a,b,a\n", `decode csv: line 1: column "a" is there 2 times`},
		{"not a number", "a,b\nx,1\n\"y\nz\",two\n", `decode csv: line 4, column "b": want int, got "two"`},
		{"too few fields", "a,b\nx,1\ny\n", `decode csv: line 3, position 1: wrong number of fields`},
		{"too many fields", "a,b\nx,1,2\n", `decode csv: line 2, position 1: wrong number of fields`},
		{"bare quote", "a,b\nx\"y,1\n", `decode csv: line 2, position 2: bare " in non-quoted-field`},
		{"open quote", "a,b\n\"x,1\n", `decode csv: line 2, position 6: extraneous or missing " in quoted-field`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := csv.Decode[Pair](strings.NewReader(tt.file))
			require.EqualError(t, err, tt.want)
			assert.Nil(t, got)
		})
	}
}

func TestRowsThatAreNoStructs(t *testing.T) {
	t.Parallel()

	_, err := csv.Decode[int](strings.NewReader("a\n1\n"))
	require.EqualError(t, err, "decode csv: rows of type int, want a struct")
	require.EqualError(t, csv.Encode(io.Discard, []*Pair{nil}), "encode csv: rows of type *csv_test.Pair, want a struct")
	require.EqualError(t, csv.Encode(io.Discard, []struct{ a int }{}), "encode csv: rows of type struct { a int } have no columns")
	require.ErrorContains(t, csv.Encode(io.Discard, []struct{ C chan int }{{}}), "unsupported type: chan int")
}

func TestErrorsOfTheFileAreKept(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")

	_, err := csv.Decode[Pair](io.MultiReader(strings.NewReader("a,b\nx,1\n"), iotest.ErrReader(boom)))
	require.ErrorIs(t, err, boom)
	_, err = csv.Decode[Pair](iotest.ErrReader(boom))
	require.ErrorIs(t, err, boom)
	require.ErrorIs(t, csv.Encode(failing{boom}, []Pair{{}}), boom)
	require.ErrorIs(t, csv.Encode(failing{boom}, []One{{}}), boom)
	require.ErrorIs(t, csv.Encode(io.Discard, []struct{ T text }{{T: "a"}, {T: "bad"}}), errBad)
	require.ErrorContains(t, csv.Encode(io.Discard, []struct{ T text }{{T: "a"}, {T: "bad"}}), "row 2: ")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

var errBad = errors.New("bad text")

type text string

func (t text) MarshalText() ([]byte, error) {
	if t == "bad" {
		return nil, errBad
	}
	return []byte(t), nil
}

// One has a single column, where an empty row would be an empty line.
type One struct {
	S string `csv:"s"`
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	anyText := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("\r\n\",;\\. \t#a\ufeff"))))

	rapid.Check(t, func(t *rapid.T) {
		ones := rapid.SliceOf(rapid.Map(anyText, func(s string) One { return One{s} })).Draw(t, "ones")
		check(t, ones)
		check(t, rapid.SliceOf(rapid.Custom(func(t *rapid.T) Order {
			o := Order{
				Base: Base{ID: rapid.Int64().Draw(t, "id"), Note: anyText.Draw(t, "note")}, Name: anyText.Draw(t, "name"),
				Cents: rapid.Int().Draw(t, "cents"), Ratio: rapid.Float64().Draw(t, "ratio"), Paid: rapid.Bool().Draw(t, "paid"),
				At:  time.Unix(rapid.Int64Range(0, 1<<36).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
				Tip: rapid.Ptr(rapid.Int(), true).Draw(t, "tip"), Data: append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "data")...),
				Small: rapid.Uint8().Draw(t, "small"),
			}
			return o
		})).Draw(t, "orders"))
	})
}

func check[Row any](t *rapid.T, rows []Row) {
	var b bytes.Buffer
	if err := csv.Encode(&b, rows); err != nil {
		t.Fatal(err)
	}
	got, err := csv.Decode[Row](iotest.HalfReader(bytes.NewReader(b.Bytes())))
	if err != nil {
		t.Fatalf("%q: %v", b.String(), err)
	}
	if len(rows) > 0 || len(got) > 0 {
		assert.Equal(t, rows, got, "%q", b.String())
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "a,b\nx,1\n", "\ufeffb,a\r\n1,\"x\r\ny\"\r\n", "a\n", "\"a\",b\n\"\",", "a,b\n\"\"\"\",1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := csv.Decode[Pair](bytes.NewReader(file))
		if err != nil {
			assert.Nil(t, rows)
			return
		}
		again, err := csv.Decode[Pair](strings.NewReader(encode(t, rows)))
		require.NoError(t, err)
		assert.Equal(t, rows, again)
	})
}

func BenchmarkDecode(b *testing.B) {
	rows := make([]Order, 10_000)
	file := encode(b, rows)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := csv.Decode[Order](strings.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	rows := make([]Order, 10_000)
	b.SetBytes(int64(len(encode(b, rows))))
	b.ReportAllocs()
	for b.Loop() {
		if err := csv.Encode(io.Discard, rows); err != nil {
			b.Fatal(err)
		}
	}
}
