package schema_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/schema"
)

// types draws any type that can be configured.
func types(depth int) *rapid.Generator[reflect.Type] {
	leaf := rapid.SampledFrom([]reflect.Type{
		reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint8](),
		reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[time.Duration](), reflect.TypeFor[[]byte](),
		reflect.TypeFor[Extra](),
	})
	if depth == 0 {
		return leaf
	}
	below := types(depth - 1)
	return rapid.OneOf(
		leaf,
		rapid.Map(below, reflect.SliceOf),
		rapid.Map(below, reflect.PointerTo),
		rapid.Map(below, func(t reflect.Type) reflect.Type { return reflect.MapOf(reflect.TypeFor[string](), t) }),
		rapid.Map(below, func(t reflect.Type) reflect.Type { return reflect.ArrayOf(2, t) }),
		rapid.Map(rapid.SliceOfN(below, 0, 4), func(ts []reflect.Type) reflect.Type {
			var fields []reflect.StructField
			for i, t := range ts {
				fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t, Tag: reflect.StructTag(fmt.Sprintf(`json:"f-%d"`, i))})
			}
			return reflect.StructOf(fields)
		}),
	)
}

// fill draws a value. Pointers to what is itself null in JSON stay nil, since JSON cannot tell the two apart.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Int8, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1<<(v.Type().Bits()-1), 1<<(v.Type().Bits()-1)-1).Draw(t, "int"))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(rapid.Uint64Range(0, ^uint64(0)>>(64-v.Type().Bits())).Draw(t, "uint"))
	case reflect.Float32:
		v.SetFloat(float64(rapid.Float32().Draw(t, "float")))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.Slice:
		if rapid.Bool().Draw(t, "nil") {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 3).Draw(t, "len"), 3))
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		if rapid.Bool().Draw(t, "nil") {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "keys") {
			item := reflect.New(v.Type().Elem()).Elem()
			fill(t, item)
			v.SetMapIndex(reflect.ValueOf(key), item)
		}
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		fill(t, p.Elem())
		if text, err := json.Marshal(p.Interface()); err == nil && string(text) != "null" && rapid.Bool().Draw(t, "set") {
			v.Set(p)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field)
		}
	default:
		t.Fatalf("no values of %s", v.Type())
	}
}

func TestWhatIsEncodedDecodes(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		typ := types(3).Draw(t, "type")
		s, err := schema.Of(typ)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(typ)
		fill(t, v.Elem())
		plain, err := json.Marshal(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		redacted, err := s.Redact(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{plain, redacted} {
			got := reflect.New(typ)
			if err := s.Decode("config", data, got.Interface()); err != nil {
				t.Fatalf("%s\n%v", data, err)
			}
			// Once more on top of it: what is given in full does not depend on the default.
			if err := s.Decode("config", data, got.Interface()); err != nil {
				t.Fatalf("%s\n%v", data, err)
			}
			assert.Equal(t, v.Elem().Interface(), got.Elem().Interface())
		}
		if _, err := s.JSONSchema(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"dir":"a","db":{"host":"h"}}`, `{"rows":[{"name":"a","n":1}],"extra":{"on":true}}`, `{"token":{"env":"X"}}`,
		`{"tree":{"kids":[{"kids":null}]}}`, `{"any":{"a":1,"a":2}}`, `{"wait":"1h","since":"2024-01-02T00:00:00Z","level":"low"}`, `{"max":1e3}`,
		`{"a":"\ud800","large":1,"addr":"::1","number":-0,"data":"aGk="}`, `[[`, `{"max":00}`,
	} {
		f.Add([]byte(seed))
	}
	s := of[Load](f)
	start := defaults()
	start.Level = 1 // its zero has no text
	f.Fuzz(func(t *testing.T, data []byte) {
		got := start
		if err := s.Decode("config.load", data, &got); err != nil {
			assert.Equal(t, start, got)
			for _, one := range asErrors(t, err) {
				assert.True(t, strings.HasPrefix(one.Path, "config.load"), one.Path)
				assert.Less(t, len(one.Error()), 2000)
			}
			return
		}
		got.Token, got.Spare, got.Keys = Secret{}, nil, nil
		shown, err := s.Redact(got)
		if err != nil {
			t.Fatal(err)
		}
		again := start
		if err := s.Decode("", shown, &again); err != nil {
			t.Fatalf("%s: %v", shown, err)
		}
		twice, err := s.Redact(again)
		if err != nil {
			t.Fatal(err)
		}
		assert.JSONEq(t, string(shown), string(twice))
	})
}

// Doc nests in every way.
type Doc struct {
	List []Doc             `json:"l"`
	Map  map[string]Doc    `json:"m"`
	Raw  []json.RawMessage `json:"r"`
	Text string            `json:"s"`
	Num  *float64          `json:"n"`
	Any  any               `json:"a"`
	Yes  bool              `json:"b"`
}

// What is accepted means what encoding/json says.
func FuzzLikeEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"l":[{"s":"a"},{"s":"\"]}\\"}],"b":true}`, ` { "m" : { "\u0061" : { "n" : -1.5e3 } , "b" : { } } } `, `{"r":[1 , "x,]" ,[],{},null,true]}`,
		`{"a":{"x":[1,{"y":null}]},"n":null,"l":null}`, `{"s":"\ud83d\ude00\ud800"}`, `{"":1}`, "{\"m\":{\"\\\"\":{}}}",
	} {
		f.Add([]byte(seed))
	}
	s := of[Doc](f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want Doc
		if len(data) == 0 || s.Decode("", data, &got) != nil {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		assert.Equal(t, want, got)
	})
}
