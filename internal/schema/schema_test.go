package schema_test

import (
	"encoding/json"
	"errors"
	"flag"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/schema"
)

var update = flag.Bool("update", false, "write the golden files")

// Secret is like the one of the root package.
type Secret struct{ env, value string }

func (Secret) SecretSchema() {}

func (s Secret) MarshalJSON() ([]byte, error) {
	switch {
	case s.env != "":
		return json.Marshal(map[string]string{"env": s.env})
	case s.value != "":
		return json.Marshal(s.value) // careless: Redact must not rely on it
	}
	return []byte("null"), nil
}

func (s *Secret) UnmarshalJSON(data []byte) error {
	var ref struct{ Env string }
	if err := json.Unmarshal(data, &s.value); err == nil {
		return nil
	}
	err := json.Unmarshal(data, &ref)
	s.env = ref.Env
	return err
}

// Level has a text form.
type Level int

func (l *Level) UnmarshalText(text []byte) error {
	switch string(text) {
	case "low":
		*l = 1
	case "high":
		*l = 2
	default:
		return errors.New("no such level")
	}
	return nil
}

func (l Level) MarshalText() ([]byte, error) { return []byte([]string{"", "low", "high"}[l]), nil }

// Common is embedded.
type Common struct {
	Name  string `json:"name" doc:"shown in the log"`
	Extra *Extra `json:"extra"`
}

// Extra is behind a pointer.
type Extra struct {
	On   bool    `json:"on"`
	Rate float64 `json:"rate"`
}

// Row is an item.
type Row struct {
	Name string `json:"name" required:"true"`
	N    int    `json:"n"`
}

// Tree is recursive.
type Tree struct {
	Label string           `json:"label"`
	Kids  []Tree           `json:"kids"`
	Named map[string]*Tree `json:"named"`
}

// Load has about everything.
type Load struct {
	Common
	Dir     string            `json:"dir" required:"true"`
	Mode    string            `json:"mode" enum:"full,delta" doc:"how much to read"`
	Modes   []string          `json:"modes" enum:"full,delta"`
	Max     int8              `json:"max"`
	Port    uint16            `json:"port"`
	Big     int64             `json:"big"`
	Ratio   float32           `json:"ratio"`
	Wait    time.Duration     `json:"wait"`
	Since   time.Time         `json:"since"`
	Rows    []Row             `json:"rows"`
	Pair    [2]int            `json:"pair"`
	Tags    map[string]string `json:"tags"`
	Token   Secret            `json:"token"`
	Keys    map[string]Secret `json:"keys"`
	Spare   *Secret           `json:"spare"`
	Raw     json.RawMessage   `json:"raw"`
	Any     any               `json:"any"`
	Level   Level             `json:"level"`
	Addr    netip.Addr        `json:"addr"`
	Large   *big.Int          `json:"large"`
	Data    []byte            `json:"data"`
	Number  json.Number       `json:"number"`
	DB      DB                `json:"db"`
	Tree    *Tree             `json:"tree"`
	Ignored chan int          `json:"-"`
}

// DB is nested.
type DB struct {
	Host string `json:"host" required:"true"`
	Port int    `json:"port"`
	Pool *Extra `json:"pool"`
}

func of[T any](tb testing.TB) *schema.Schema {
	tb.Helper()
	s, err := schema.Of(reflect.TypeFor[T]())
	require.NoError(tb, err)
	return s
}

func defaults() Load {
	return Load{
		Common: Common{Name: "load", Extra: &Extra{On: true, Rate: 0.5}},
		Dir:    "data", Mode: "full", Max: 3, Wait: time.Minute, Rows: []Row{{Name: "a"}}, Tags: map[string]string{"a": "1"},
		DB: DB{Host: "localhost", Port: 5432, Pool: &Extra{Rate: 1}}, Number: "0",
	}
}

// BadSecret tells on itself.
type BadSecret string

func (*BadSecret) SecretSchema() {}

func (*BadSecret) UnmarshalJSON(data []byte) error { return errors.New("bad " + string(data)) }

func (*BadSecret) MarshalJSON() ([]byte, error) { return nil, errors.New("hunter2") }

func TestRedact(t *testing.T) {
	t.Parallel()

	l := defaults()
	l.Token, l.Spare = Secret{value: "hunter2"}, &Secret{env: "SPARE"}
	l.Keys = map[string]Secret{"b": {env: "B"}, "a": {value: "hunter2"}, "c": {}}
	l.Any = map[string]any{"deep": []any{Secret{value: "hunter2"}, 1, &Row{Name: "r"}}}
	l.Raw, l.Level, l.Number = json.RawMessage(`{"x":1}`), 1, "1"
	l.Addr = netip.MustParseAddr("::1")
	got, err := of[Load](t).Redact(l)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"name":"load", "extra":{"on":true,"rate":0.5}, "dir":"data", "mode":"full", "modes":null, "max":3, "port":0, "big":0, "ratio":0,
		"wait":"1m0s", "since":"0001-01-01T00:00:00Z", "rows":[{"name":"a","n":0}], "pair":[0,0], "tags":{"a":"1"},
		"token":"[secret]", "keys":{"a":"[secret]","b":{"env":"B"},"c":null}, "spare":{"env":"SPARE"},
		"raw":{"x":1}, "any":{"deep":["[secret]",1,{"name":"r","n":0}]}, "level":"low", "addr":"::1", "large":null, "data":null,
		"number":1, "db":{"host":"localhost","port":5432,"pool":{"on":false,"rate":1}}, "tree":null
	}`, string(got))
	assert.NotContains(t, string(got), "hunter2")

	same, err := of[Load](t).Redact(&l)
	require.NoError(t, err)
	assert.Equal(t, string(got), string(same))

	text, err := of[BadSecret](t).Redact(BadSecret("hunter2"))
	require.NoError(t, err)
	assert.Equal(t, `"[secret]"`, string(text))
}

func TestRedactSomethingElse(t *testing.T) {
	t.Parallel()

	for _, v := range []any{nil, Row{}, (*DB)(nil)} {
		_, err := of[DB](t).Redact(v)
		require.ErrorContains(t, err, "want a schema_test.DB")
	}
	loop := &Tree{}
	loop.Named = map[string]*Tree{"self": loop}
	_, err := of[Tree](t).Redact(loop)
	require.ErrorContains(t, err, "nested more than 100 deep")
}

type (
	inner struct {
		A string `json:"a"`
		B string `json:"b"`
	}
	Outer struct {
		inner
		*Extra
		B int `json:"b"` // hides the inner one
	}
	left   struct{ X int }
	right  struct{ X int }
	tagged struct {
		Y int `json:"X"`
	}
	Both struct {
		left
		right
	}
	OneTagged struct {
		left
		tagged
	}
)

func TestEmbeddedStructs(t *testing.T) {
	t.Parallel()

	var got Outer
	require.NoError(t, of[Outer](t).Decode("", []byte(`{"a":"x","b":1,"on":true}`), &got))
	assert.Equal(t, Outer{inner: inner{A: "x"}, Extra: &Extra{On: true}, B: 1}, got)

	got = Outer{}
	require.NoError(t, of[Outer](t).Decode("", []byte(`{"a":"x"}`), &got))
	assert.Nil(t, got.Extra, "not made without need")
	text, err := of[Outer](t).Redact(got)
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":"x","b":0}`, string(text))

	var one OneTagged
	require.NoError(t, of[OneTagged](t).Decode("", []byte(`{"X":1}`), &one))
	assert.Equal(t, 1, one.Y)
}

func TestTypesWithoutConfiguration(t *testing.T) {
	t.Parallel()

	type hidden struct{ A int }
	type bad struct {
		C chan int
		F func() `json:"f"`
		M map[int]string
		L []map[string]complex128
		I interface{ Do() }
		E int `json:"e" enum:"1,2"`
		R int `json:"r" required:"yes"`
		S int `json:"s,string"`
		Q int `json:"a€b"`
		*hidden
	}
	_, err := schema.Of(reflect.TypeFor[bad]())
	require.Error(t, err)
	assert.Equal(t, []string{
		`bad.S: the option "string" of the json tag is not supported`,
		`bad.Q: encoding/json ignores the name "a€b"`,
		`bad.hidden: an embedded pointer to the unexported schema_test.hidden cannot be set`,
		`bad.C: a value of type chan int has no configuration`,
		`bad.F: a value of type func() has no configuration`,
		`bad.M: a map with keys of type int has no configuration, keys must be strings`,
		`bad.L[][]: a value of type complex128 has no configuration`,
		`bad.I: no cases are known of interface { Do() }, it needs one for each type that it may hold`,
		`bad.E: the tag enum is for strings, not for int`,
		`bad.R: the tag required is "yes", want "true"`,
	}, strings.Split(err.Error(), "\n"))

	_, err = schema.Of(reflect.TypeFor[Both]())
	require.EqualError(t, err, `Both.X: several fields are named "X"`)
	_, err = schema.Of(nil)
	require.Error(t, err)
	_, err = schema.Of(reflect.TypeFor[NoDecoder]())
	require.EqualError(t, err, "NoDecoder: the type schema_test.NoDecoder has no UnmarshalJSON")
}

// NoDecoder is a secret that nothing can be decoded into.
type NoDecoder string

// SecretSchema marks it.
func (NoDecoder) SecretSchema() {}

func TestJSONSchema(t *testing.T) {
	t.Parallel()

	got, err := of[Load](t).JSONSchema()
	require.NoError(t, err)
	golden := filepath.Join("testdata", "load.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o700))
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSpace(string(want)), string(got))

	got, err = of[Tree](t).JSONSchema()
	require.NoError(t, err)
	assert.JSONEq(t, `{"$schema":"https://json-schema.org/draft/2020-12/schema", "$ref":"#/$defs/schema_test.Tree", "$defs":{"schema_test.Tree":{
		"type":"object", "additionalProperties":false, "properties":{
			"label":{"type":"string"},
			"kids":{"type":["array","null"],"items":{"$ref":"#/$defs/schema_test.Tree"}},
			"named":{"type":["object","null"],"additionalProperties":{"anyOf":[{"$ref":"#/$defs/schema_test.Tree"},{"type":"null"}]}}}}}}`, string(got))
}
