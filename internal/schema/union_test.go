package schema_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/schema"
)

// Shape is an interface with four cases.
type Shape interface{ Area() float64 }

// Circle is a struct.
type Circle struct {
	Radius float64 `json:"radius" required:"true" doc:"from the middle"`
	Color  string  `json:"color" enum:"red,blue"`
}

// Area is a method of the value.
func (c Circle) Area() float64 { return c.Radius * c.Radius * 3 }

// Rect is a case as a pointer.
type Rect struct {
	W     int    `json:"w"`
	H     int    `json:"h"`
	Token Secret `json:"token"`
}

// Area is a method of the pointer.
func (r *Rect) Area() float64 { return float64(r.W * r.H) }

// Dot is no struct.
type Dot int

// Area is none.
func (Dot) Area() float64 { return 0 }

// Sum holds shapes itself.
type Sum struct {
	Of    []Shape          `json:"of"`
	Named map[string]Shape `json:"named"`
	First Shape            `json:"first"`
}

// Area is that of the first.
func (s Sum) Area() float64 { return 1 }

// Drawing has shapes in all places.
type Drawing struct {
	Main  Shape             `json:"main"`
	List  []Shape           `json:"list"`
	Map   map[string]Shape  `json:"map"`
	Deep  struct{ S Shape } `json:"deep"`
	Maybe *Shape            `json:"maybe"`
	Pair  [2]Shape          `json:"pair"`
}

func shapes() []schema.Case {
	of := reflect.TypeFor[Shape]()
	return []schema.Case{
		{Interface: of, Name: "circle", Value: Circle{Color: "red"}},
		{Interface: of, Name: "rect", Value: &Rect{W: 1, H: 1}},
		{Interface: of, Name: "dot", Value: Dot(7)},
		{Interface: of, Name: "sum", Value: Sum{}},
	}
}

func drawing(tb testing.TB) *schema.Schema {
	tb.Helper()
	s, err := schema.Of(reflect.TypeFor[Drawing](), shapes()...)
	require.NoError(tb, err)
	return s
}

func TestUnion(t *testing.T) {
	t.Parallel()

	one := Shape(Dot(1))
	for _, tt := range []struct {
		name, data string
		start      Drawing
		want       Drawing
	}{
		{"a case", `{"main":{"circle":{"radius":2}}}`, Drawing{}, Drawing{Main: Circle{Radius: 2, Color: "red"}}},
		{"the same case on top of what is there", `{"main":{"circle":{"color":"blue"}}}`, Drawing{Main: Circle{Radius: 3}}, Drawing{Main: Circle{Radius: 3, Color: "blue"}}},
		{"another case", `{"main":{"rect":{"w":5}}}`, Drawing{Main: Circle{Radius: 3}}, Drawing{Main: &Rect{W: 5, H: 1}}},
		{"a pointer on top of what is there", `{"main":{"rect":{"w":5}}}`, Drawing{Main: &Rect{W: 2, H: 9}}, Drawing{Main: &Rect{W: 5, H: 9}}},
		{"no struct", `{"main":{"dot":4}}`, Drawing{}, Drawing{Main: Dot(4)}},
		{"null", `{"main":null}`, Drawing{Main: Dot(1)}, Drawing{}},
		{"in a list", `{"list":[{"dot":1},{"rect":{}},null]}`, Drawing{List: []Shape{&Rect{W: 8}}}, Drawing{List: []Shape{Dot(1), &Rect{W: 1, H: 1}, nil}}},
		{"in a map", `{"map":{"a":{"circle":{"radius":1}}}}`, Drawing{}, Drawing{Map: map[string]Shape{"a": Circle{Radius: 1, Color: "red"}}}},
		{"in a struct", `{"deep":{"S":{"dot":2}}}`, Drawing{}, Drawing{Deep: struct{ S Shape }{Dot(2)}}},
		{"behind a pointer", `{"maybe":{"dot":1}}`, Drawing{}, Drawing{Maybe: &one}},
		{"in an array", `{"pair":[{"dot":1},{"dot":2}]}`, Drawing{}, Drawing{Pair: [2]Shape{Dot(1), Dot(2)}}},
		{"in itself", `{"main":{"sum":{"of":[{"sum":{"of":[{"dot":1}]}}]}}}`, Drawing{}, Drawing{Main: Sum{Of: []Shape{Sum{Of: []Shape{Dot(1)}}}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, drawing(t).Decode("config", []byte(tt.data), &tt.start))
			assert.Equal(t, tt.want, tt.start)
		})
	}
}

func TestMistakesInUnions(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct{ name, data, want string }{
		{"unknown case", `{"main":{"oval":{}}}`, `config.main.oval: unknown case, known are circle, rect, dot, sum`},
		{"nearly a case", `{"list":[{"cirle":{}}]}`, `config.list[0].cirle: unknown case, did you mean "circle"? Known are circle, rect, dot, sum`},
		{"two cases", `{"main":{"dot":1,"rect":{}}}`, `config.main: want object with one of circle, rect, dot, sum, got dot and rect`},
		{"two names", `{"main":{"dot":1,"hunter2":{}}}`, `config.main: want object with one of circle, rect, dot, sum, got 2 names`},
		{"no case", `{"main":{}}`, `config.main: want object with one of circle, rect, dot, sum, got none`},
		{"no object", `{"main":"hunter2"}`, `config.main: want object with one of circle, rect, dot, sum, got string`},
		{"one case twice", `{"main":{"dot":1,"dot":2}}`, `config.main.dot: given more than once`},
		{"wrong in a case", `{"map":{"a":{"circle":{"radius":"x","colour":1,"color":"green"}}}}`, strings.Join([]string{
			`config.map.a.circle.radius: want float64, got string "x"`,
			`config.map.a.circle.colour: unknown field, did you mean "color"?`,
			`config.map.a.circle.color: want one of red, blue, got string "green"`,
		}, "\n")},
		{"missing in a case", `{"main":{"circle":{}}}`, `config.main.circle.radius: missing, it is required`},
		{"null for a case", `{"main":{"rect":null}}`, `config.main.rect: want object, got null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Drawing{Main: Dot(3)}
			require.EqualError(t, drawing(t).Decode("config", []byte(tt.data), &got), tt.want)
			assert.Equal(t, Drawing{Main: Dot(3)}, got)
		})
	}
}

// Square implements Shape by its pointer alone.
type Square struct{}

// Area is none.
func (*Square) Area() float64 { return 0 }

func TestCasesThatAreWrong(t *testing.T) {
	t.Parallel()

	of := reflect.TypeFor[Shape]()
	type has struct{ S Shape }
	for _, tt := range []struct {
		name  string
		cases []schema.Case
		want  string
	}{
		{"none", nil, "has.S: no cases are known of schema_test.Shape, it needs one for each type that it may hold"},
		{"a name twice", []schema.Case{{of, "dot", Dot(1)}, {of, "dot", Circle{}}}, `has.S: case "dot" of schema_test.Shape: given twice`},
		{"a type twice", []schema.Case{{of, "dot", Dot(1)}, {of, "point", Dot(2)}}, `has.S: case "point" of schema_test.Shape: schema_test.Dot is already the case "dot"`},
		{"nil", []schema.Case{{of, "dot", Dot(1)}, {of, "nil", nil}, {of, "rect", (*Rect)(nil)}}, "has.S: case \"nil\" of schema_test.Shape: nil\nhas.S: case \"rect\" of schema_test.Shape: nil"},
		{"not of the interface", []schema.Case{{of, "dot", Dot(1)}, {of, "square", Square{}}}, `has.S: case "square" of schema_test.Shape: schema_test.Square does not implement it`},
		{"a bad name", []schema.Case{{of, "dot", Dot(1)}, {of, "a b", Circle{}}}, `has.S: case "a b" of schema_test.Shape: a name is letters, digits, "_", "-" and "/"`},
		{"no field", []schema.Case{{of, "dot", Dot(1)}, {reflect.TypeFor[fmt.Stringer](), "x", big.NewInt(1)}}, `has: case "x": no field is a fmt.Stringer`},
		{"no interface", []schema.Case{{of, "dot", Dot(1)}, {reflect.TypeFor[int](), "x", 1}}, `has: case "x": int is not an interface`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := schema.Of(reflect.TypeFor[has](), tt.cases...)
			require.EqualError(t, err, tt.want)
		})
	}
}

// Star is a Shape without a case.
type Star struct{}

// Area is none.
func (Star) Area() float64 { return 0 }

func TestValuesThatAreNoCase(t *testing.T) {
	t.Parallel()
	s := drawing(t)
	for _, d := range []Drawing{{Main: Star{}}, {List: []Shape{Dot(1), Star{}}}, {Main: Sum{First: Star{}}}} {
		require.ErrorContains(t, s.Check(d), "a schema_test.Star is none of the cases circle, rect, dot, sum")
	}
	require.ErrorContains(t, s.Check(Drawing{Main: (*Rect)(nil)}), "a nil *schema_test.Rect is none of the cases")
	require.NoError(t, s.Check(Drawing{Main: Sum{First: &Rect{}}}))
}

func TestRedactUnion(t *testing.T) {
	t.Parallel()
	got, err := drawing(t).Redact(Drawing{Main: &Rect{Token: Secret{value: "hunter2"}}, List: []Shape{nil, Dot(2), &Rect{Token: Secret{env: "X"}}}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"main":{"rect":{"w":0,"h":0,"token":"[secret]"}}, "list":[null,{"dot":2},{"rect":{"w":0,"h":0,"token":{"env":"X"}}}],
		"map":null, "deep":{"S":null}, "maybe":null, "pair":[null,null]}`, string(got))
}

func TestDefaultsOfCasesAreNotWrittenTo(t *testing.T) {
	t.Parallel()
	s := drawing(t)
	held := &Rect{W: 1}
	start := Drawing{Main: held}
	var other Drawing
	require.NoError(t, s.Decode("", []byte(`{"main":{"rect":{"w":9}}}`), &start))
	require.NoError(t, s.Decode("", []byte(`{"main":{"rect":{"h":9}}}`), &other))
	assert.Equal(t, &Rect{W: 1}, held)
	assert.Equal(t, &Rect{W: 1, H: 9}, other.Main)
}

// shape draws a shape; nil is none in some places.
func shape(depth int) *rapid.Generator[Shape] {
	return rapid.Custom(func(t *rapid.T) Shape {
		switch rapid.IntRange(0, 2+min(depth, 1)).Draw(t, "case") {
		case 0:
			return Circle{Radius: float64(rapid.IntRange(-5, 5).Draw(t, "radius")), Color: rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "color")}
		case 1:
			return &Rect{W: rapid.Int().Draw(t, "w"), H: 1, Token: Secret{env: rapid.SampledFrom([]string{"", "A"}).Draw(t, "env")}}
		case 2:
			return Dot(rapid.Int().Draw(t, "dot"))
		default:
			s := Sum{Of: rapid.SliceOfN(shape(depth-1), 0, 3).Draw(t, "of")}
			if rapid.Bool().Draw(t, "first") {
				s.First = shape(depth-1).Draw(t, "shape")
			}
			return s
		}
	})
}

// drawDrawing draws a value that has no list or map which is empty but not nil.
func drawDrawing(t *rapid.T) Drawing {
	d := Drawing{Main: shape(2).Draw(t, "main"), Pair: [2]Shape{Dot(1), nil}}
	d.Deep.S = shape(1).Draw(t, "deep")
	d.List = rapid.SliceOfN(shape(1), 1, 3).Draw(t, "list")
	d.Map = rapid.MapOfN(rapid.String(), shape(1), 1, 3).Draw(t, "map")
	if rapid.Bool().Draw(t, "maybe") {
		s := shape(0).Draw(t, "shape")
		d.Maybe = &s
	}
	return d
}

func TestUnionsAreDecodedAsTheyAreShown(t *testing.T) {
	t.Parallel()
	s := drawing(t)
	rapid.Check(t, func(t *rapid.T) {
		want := drawDrawing(t)
		data, err := s.Redact(want)
		if err != nil {
			t.Fatal(err)
		}
		got := Drawing{Main: Dot(5)}
		if err := s.Decode("", data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		assert.Equal(t, want, got)
		copied, _ := s.Copy(want).(Drawing)
		assert.Equal(t, want, copied)
	})
}

func FuzzUnion(f *testing.F) {
	for _, seed := range []string{
		`{"main":{"circle":{"radius":1}}}`, `{"main":{"rect":{"w":1},"dot":2}}`, `{"list":[{"sum":{"of":[{"dot":1}],"named":{"a":null}}}]}`,
		`{"map":{"a":{"cirle":{}}}}`, `{"deep":{"S":{}}}`, `{"maybe":null,"pair":[null,{"dot":1.5}]}`, `{"main":{"rect":{"token":{"env":"X"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	s := drawing(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		start := Drawing{Main: &Rect{W: 3}}
		got := start
		if err := s.Decode("config", data, &got); err != nil {
			assert.Equal(t, start, got)
			return
		}
		shown, err := s.Redact(got)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(shown), "[secret]") {
			return
		}
		var again Drawing
		if err := s.Decode("", shown, &again); err != nil {
			t.Fatalf("%s: %v", shown, err)
		}
		assert.Equal(t, got, again)
	})
}

func TestCopySharesNothing(t *testing.T) {
	t.Parallel()
	l := defaults()
	l.Tree = &Tree{Kids: []Tree{{Label: "a"}}}
	l.Data = []byte("hi")
	s := of[Load](t)
	got, ok := s.Copy(l).(Load)
	require.True(t, ok)
	require.Equal(t, l, got)
	got.Rows[0].Name, got.Tags["a"], got.Extra.On, got.DB.Pool.Rate, got.Tree.Kids[0].Label, got.Data[0] = "z", "z", false, 9, "z", 'z'
	want := defaults()
	want.Tree, want.Data = &Tree{Kids: []Tree{{Label: "a"}}}, []byte("hi")
	assert.Equal(t, want, l)

	d := Drawing{Main: &Rect{W: 1}, Map: map[string]Shape{"a": Sum{Of: []Shape{Dot(1)}}}}
	copied, ok := drawing(t).Copy(d).(Drawing)
	require.True(t, ok)
	copied.Main.(*Rect).W = 9
	copied.Map["a"].(Sum).Of[0] = Dot(9)
	assert.Equal(t, Drawing{Main: &Rect{W: 1}, Map: map[string]Shape{"a": Sum{Of: []Shape{Dot(1)}}}}, d)
	data, err := json.Marshal(copied.Map)
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":{"of":[9],"named":null,"first":null}}`, string(data))
}
