package schema_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/schema"
)

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
