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

func TestDecodeOnTopOfDefaults(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name, data string
		want       func(*Load)
	}{
		{"nothing", ``, func(*Load) {}},
		{"empty object", ` {} `, func(*Load) {}},
		{"a field", `{"dir":"in"}`, func(l *Load) { l.Dir = "in" }},
		{"a field set to zero", `{"max":0,"name":""}`, func(l *Load) { l.Max, l.Name = 0, "" }},
		{"a nested field", `{"db":{"port":1}}`, func(l *Load) { l.DB.Port = 1 }},
		{"behind a pointer", `{"db":{"pool":{"on":true}}}`, func(l *Load) { l.DB.Pool = &Extra{On: true, Rate: 1} }},
		{"in an embedded struct", `{"extra":{"rate":2}}`, func(l *Load) { l.Extra = &Extra{On: true, Rate: 2} }},
		{"null for a pointer", `{"extra":null}`, func(l *Load) { l.Extra = nil }},
		{"null for a list and a map", `{"rows":null,"tags":null}`, func(l *Load) { l.Rows, l.Tags = nil, nil }},
		{"list and map are replaced", `{"rows":[{"name":"b"},{"name":"c","n":1}],"tags":{"b":"2"}}`, func(l *Load) {
			l.Rows, l.Tags = []Row{{Name: "b"}, {Name: "c", N: 1}}, map[string]string{"b": "2"}
		}},
		{"empty list", `{"rows":[]}`, func(l *Load) { l.Rows = []Row{} }},
		{"whole numbers in other words", `{"max":1e2,"port":2.0}`, func(l *Load) { l.Max, l.Port = 100, 2 }},
		{"large number", `{"big":9223372036854775807}`, func(l *Load) { l.Big = 1<<63 - 1 }},
		{"duration", `{"wait":"1m30s"}`, func(l *Load) { l.Wait = 90 * time.Second }},
		{"duration in nanoseconds", `{"wait":1500}`, func(l *Load) { l.Wait = 1500 }},
		{"time", `{"since":"2024-01-02T03:04:05Z"}`, func(l *Load) { l.Since = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }},
		{"array", `{"pair":[1,2]}`, func(l *Load) { l.Pair = [2]int{1, 2} }},
		{"secret", `{"token":"x"}`, func(l *Load) { l.Token = Secret{value: "x"} }},
		{"secret by name", `{"token":{"env":"X"},"spare":{"env":"Y"}}`, func(l *Load) {
			l.Token, l.Spare = Secret{env: "X"}, &Secret{env: "Y"}
		}},
		{"anything", `{"raw": {"a" : [1]}, "any":{"a":[1,null]}}`, func(l *Load) {
			l.Raw, l.Any = json.RawMessage(`{"a" : [1]}`), map[string]any{"a": []any{1.0, nil}}
		}},
		{"null for anything", `{"raw":null,"any":null}`, func(l *Load) { l.Raw = json.RawMessage("null") }},
		{"types with a form of their own", `{"level":"high","addr":"10.0.0.1","large":123456789012345678901234567890}`, func(l *Load) {
			l.Level, l.Addr = 2, netip.MustParseAddr("10.0.0.1")
			l.Large, _ = new(big.Int).SetString("123456789012345678901234567890", 10)
		}},
		{"bytes", `{"data":"aGk="}`, func(l *Load) { l.Data = []byte("hi") }},
		{"number as it is", `{"number":1.50}`, func(l *Load) { l.Number = "1.50" }},
		{"recursive", `{"tree":{"kids":[{"label":"a"}],"named":{"b":null}}}`, func(l *Load) {
			l.Tree = &Tree{Kids: []Tree{{Label: "a"}}, Named: map[string]*Tree{"b": nil}}
		}},
		{"enum in a list", `{"modes":["full","delta"]}`, func(l *Load) { l.Modes = []string{"full", "delta"} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, want := defaults(), defaults()
			tt.want(&want)
			require.NoError(t, of[Load](t).Decode("config.load", []byte(tt.data), &got))
			assert.Equal(t, want, got)
		})
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct{ name, data, want string }{
		{"unknown field", `{"dirr":"x"}`, `config.load.dirr: unknown field, did you mean "dir"?`},
		{"other case", `{"DIR":"x"}`, `config.load.DIR: unknown field, did you mean "dir"?`},
		{"field of another world", `{"db":{"elephants":1}}`, `config.load.db.elephants: unknown field, known are host, port, pool`},
		{"ignored field", `{"db":{"Ignored":1}}`, `config.load.db.Ignored: unknown field, known are host, port, pool`},
		{"wrong type", `{"rows":[{"name":"a"},{"name":"b","n":"x"}]}`, `config.load.rows[1].n: want int, got string "x"`},
		{"string for a bool", `{"extra":{"on":"true"}}`, `config.load.extra.on: want bool, got string "true"`},
		{"number for a string", `{"dir":1}`, `config.load.dir: want string, got number 1`},
		{"string for an object", `{"db":"postgres://u:pw@h"}`, `config.load.db: want object, got string`},
		{"object for a list", `{"rows":{}}`, `config.load.rows: want list, got object`},
		{"list for a map", `{"tags":[]}`, `config.load.tags: want object, got list`},
		{"fraction", `{"max":1.5}`, `config.load.max: want int8 (-128 to 127), got number 1.5`},
		{"too large", `{"max":128}`, `config.load.max: want int8 (-128 to 127), got number 128`},
		{"negative", `{"port":-1}`, `config.load.port: want uint16 (0 to 65535), got number -1`},
		{"too large for anything", `{"big":9223372036854775808}`, `config.load.big: want int64, got number 9223372036854775808`},
		{"huge exponent", `{"big":1e999999999}`, `config.load.big: want int64, got number 1e999999999`},
		{"float too large", `{"ratio":1e39}`, `config.load.ratio: want float32, got number 1e39`},
		{"bad enum", `{"mode":"all"}`, `config.load.mode: want one of full, delta, got string "all"`},
		{"bad enum in a list", `{"modes":["full","x"]}`, `config.load.modes[1]: want one of full, delta, got string "x"`},
		{"bad duration", `{"wait":"5 minutes"}`, `config.load.wait: want duration like "1m30s", got string "5 minutes"`},
		{"bad time", `{"since":"2024-01-02"}`, `config.load.since: want time like "2006-01-02T15:04:05Z", got string "2024-01-02"`},
		{"bad base64", `{"data":"*"}`, `config.load.data: want base64, got string "*"`},
		{"length of an array", `{"pair":[1]}`, `config.load.pair: want a list of 2, got 1`},
		{"null", `{"max":null}`, `config.load.max: want int8 (-128 to 127), got null`},
		{"null for a struct", `{"db":null}`, `config.load.db: want object, got null`},
		{"missing in an item", `{"rows":[{"n":1}]}`, `config.load.rows[0].name: missing, it is required`},
		{"given twice", `{"dir":"a","dir":"b"}`, `config.load.dir: given more than once`},
		{"given twice in anything", `{"any":[{"x":{"y":1,"y":2}}]}`, `config.load.any[0].x.y: given more than once`},
		{"given twice in a map", `{"tags":{"a b":"1","a b":"2"}}`, `config.load.tags["a b"]: given more than once`},
		{"behind a pointer, twice", `{"extra":{"on":true,"on":true}}`, `config.load.extra.on: given more than once`},
		{"a type's own complaint", `{"level":"medium"}`, `config.load.level: no such level`},
		{"number for a type with a text form", `{"level":1}`, `config.load.level: want string, got number 1`},
		{"not an object", `[1]`, `config.load: want object, got list`},
		{"null as a whole", `null`, `config.load: want object, got null`},
		{"no JSON", "{\n  \"dir\": xyz\n}", `config.load: not valid JSON at line 2, column 10`},
		{"cut off", `{"dir": "a`, `config.load: not valid JSON at line 1, column 10`},
		{"two values", `{} {}`, `config.load: not valid JSON at line 1, column 4`},
		{"not UTF-8", "{\"dir\":\"\xff\"}", `config.load: not valid UTF-8`},
		{"long string", `{"max":"` + strings.Repeat("ü", 100) + `"}`, `config.load.max: want int8 (-128 to 127), got string "` + strings.Repeat("ü", 30) + `..."`},
		{"too large as a whole", `{"dir":"` + strings.Repeat("x", 1<<20) + `"}`, `config.load: 1048586 bytes of JSON, at most 1048576 are taken`},
		{"too deep", `{"any":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, `config.load: nested more than 100 deep`},
		{"secret of a wrong type", `{"token":12345}`, `config.load.token: want a secret, a string or {"env": "NAME"}, got number`},
		{"secret with a wrong key", `{"token":{"hunter2":"x"}}`, `config.load.token: want a secret, a string or {"env": "NAME"}, got object`},
		{"secret that was hidden", `{"token":"[secret]"}`, `config.load.token: "[secret]" only stands for a secret that was not shown, give the secret or {"env": "NAME"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got := defaults()
			err := of[Load](t).Decode("config.load", []byte(tt.data), &got)
			require.EqualError(t, err, tt.want)
			require.Len(t, asErrors(t, err), 1)
			assert.Equal(t, defaults(), got, "a refused input changes nothing")
		})
	}
}

func asErrors(t *testing.T, err error) schema.Errors {
	t.Helper()
	errs, ok := errors.AsType[schema.Errors](err)
	require.True(t, ok, "%v", err)
	return errs
}

func TestTenMistakesAtOnce(t *testing.T) {
	t.Parallel()

	var got Load
	err := of[Load](t).Decode("config.load", []byte(`{
		"nam": "x", "mode": "all", "max": 1000, "port": "80", "wait": "soon", "pair": [1, "b"],
		"rows": [{"name": "a"}, {"n": true}], "tags": {"a": 1}, "token": 7, "max": 1
	}`), &got)
	require.EqualError(t, err, strings.Join([]string{
		`config.load.max: given more than once`,
		`config.load.nam: unknown field, did you mean "name"?`,
		`config.load.mode: want one of full, delta, got string "all"`,
		`config.load.max: want int8 (-128 to 127), got number 1000`,
		`config.load.port: want uint16 (0 to 65535), got string "80"`,
		`config.load.wait: want duration like "1m30s", got string "soon"`,
		`config.load.pair[1]: want int, got string "b"`,
		`config.load.rows[1].n: want int, got bool true`,
		`config.load.rows[1].name: missing, it is required`,
		`config.load.tags.a: want string, got number 1`,
		`config.load.token: want a secret, a string or {"env": "NAME"}, got number`,
		`config.load.dir: missing, it is required`,
		`config.load.db.host: missing, it is required`,
	}, "\n"))
	one, ok := errors.AsType[*schema.Error](err)
	require.True(t, ok)
	assert.Equal(t, &schema.Error{Path: "config.load.max", Message: "given more than once"}, one)
	assert.Equal(t, Load{}, got)
}

func TestManyMistakesAreCutShort(t *testing.T) {
	t.Parallel()

	var got []string
	err := of[[]string](t).Decode("rows", []byte("["+strings.Repeat("1,", 400_000)+"1]"), &got)
	errs := asErrors(t, err)
	require.Len(t, errs, 101)
	assert.Equal(t, "rows[99]: want string, got number 1", errs[99].Error())
	assert.Equal(t, "rows: 399901 more mistakes", errs[100].Error())
}

func TestRequiredIsSatisfiedByAnEarlierLayer(t *testing.T) {
	t.Parallel()
	s := of[DB](t)

	var got DB
	require.EqualError(t, s.Decode("", nil, &got), "host: missing, it is required")
	require.NoError(t, s.Decode("", []byte(`{"host":""}`), &got), "given, though empty")
	require.NoError(t, s.Decode("", []byte(`{"host":"h"}`), &got))
	require.NoError(t, s.Decode("", []byte(`{"port":1}`), &got))
	assert.Equal(t, DB{Host: "h", Port: 1}, got)
}

func TestDefaultsAreNotWrittenTo(t *testing.T) {
	t.Parallel()

	shared := defaults()
	shared.Large = big.NewInt(1)
	got := shared
	require.NoError(t, of[Load](t).Decode("", []byte(`{
		"db":{"pool":{"rate":9}}, "extra":{"rate":9}, "rows":[{"name":"z"}], "tags":{"a":"9"}, "large":9}`), &got))
	want := defaults()
	want.Large = big.NewInt(1)
	assert.Equal(t, want, shared)
	assert.InDelta(t, 9, got.DB.Pool.Rate, 0)
	assert.Equal(t, big.NewInt(9), got.Large)
}

func TestDecodeIntoSomethingElse(t *testing.T) {
	t.Parallel()
	s := of[DB](t)

	for _, into := range []any{nil, DB{}, (*DB)(nil), &Row{}} {
		require.ErrorContains(t, s.Decode("", nil, into), "want a pointer to schema_test.DB")
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	const text = "hunter2"

	for _, form := range []string{
		`"hunter2`, `["hunter2"]`, `{"hunter2":1}`, `{"env":"hunter2","hunter2":"hunter2"}`, `{"env":["hunter2"]}`,
		`{"hunter2":1,"hunter2":2}`, `{"env":"hunter2","env":"hunter2"}`, `[{"a":"hunter2","a":1}]`,
	} {
		for _, data := range []string{`{"token":` + form + `}`, `{"keys":{"k":` + form + `}}`, `{"spare":` + form + `}`} {
			got := defaults()
			err := of[Load](t).Decode("config", []byte(data), &got)
			require.Error(t, err, data)
			assert.NotContains(t, err.Error(), text, data)
		}
	}
	var bad BadSecret
	require.EqualError(t, of[BadSecret](t).Decode("pw", []byte(`"hunter2"`), &bad), "pw: not a valid secret")
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
		`bad.I: a value of type interface { Do() } has no configuration`,
		`bad.E: the tag enum is for strings, not for int`,
		`bad.R: the tag required is "yes", want "true"`,
	}, strings.Split(err.Error(), "\n"))

	_, err = schema.Of(reflect.TypeFor[Both]())
	require.EqualError(t, err, `Both.X: several fields are named "X"`)
	_, err = schema.Of(nil)
	require.Error(t, err)
	_, err = schema.Of(reflect.TypeFor[NoDecoder]())
	require.EqualError(t, err, "NoDecoder: secret type schema_test.NoDecoder has no UnmarshalJSON")
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
