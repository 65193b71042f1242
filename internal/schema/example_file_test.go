package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/schema"
)

// exampleOf writes a value as an example, below its name.
func exampleOf(s *schema.Schema, v any) string {
	var e schema.Example
	e.Config(0, "load", "load", "", s, v)
	return string(e.Bytes())
}

// read returns what an example says, as JSON; nothing for one that is all comments.
func read(tb require.TestingT, text string) []byte {
	var all map[string]any
	require.NoError(tb, yaml.Unmarshal([]byte(text), &all), "%s", text)
	if len(all) == 0 {
		return nil
	}
	data, err := json.Marshal(all["load"])
	require.NoError(tb, err)
	return data
}

// What an example says changes nothing.
func TestAnExampleMeansTheDefaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := types(3).Draw(t, "type")
		s, err := schema.Of(typ)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(typ)
		fill(t, v.Elem())
		text := exampleOf(s, v.Elem().Interface())
		data := read(t, text)
		got := reflect.New(typ)
		got.Elem().Set(v.Elem())
		if data != nil {
			if err := s.Decode("", data, got.Interface()); err != nil {
				t.Fatalf("%s\n%v", text, err)
			}
		}
		assert.Equal(t, v.Elem().Interface(), got.Elem().Interface(), "%s", text)
	})
}

func TestAnExampleOfUnionsMeansTheDefaults(t *testing.T) {
	t.Parallel()
	s := drawing(t)
	rapid.Check(t, func(t *rapid.T) {
		want := drawDrawing(t)
		text := exampleOf(s, want)
		got := want
		if err := s.Decode("", read(t, text), &got); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		assert.Equal(t, want, got)
	})
}

// With the comments taken off, what is left out by default is an example that is accepted too.
func TestCommentsOfAnExampleAreOneToo(t *testing.T) {
	t.Parallel()
	text := exampleOf(of[DB](t), DB{Host: "h"})
	require.Contains(t, text, "  # pool:\n  #   \"on\": false  # bool\n  #   rate: 0  # float64\n")
	text = strings.NewReplacer("  # pool", "  pool", "  #   ", "    ").Replace(text)
	got := DB{Host: "h"}
	require.NoError(t, of[DB](t).Decode("", read(t, text), &got), "%s", text)
	assert.Equal(t, DB{Host: "h", Pool: &Extra{}}, got)
}

// Odd has names and texts that YAML would take for something else.
type Odd struct {
	Yes   string            `json:"yes"`
	Space string            `json:"a b: c"`
	Map   map[string]string `json:"map"`
	Doc   string            `json:"doc" doc:"two\nlines # and\ta \u0007 bell"`
	List  []string          `json:"list"`
	Wide  string            `json:"wide" doc:"a text that is so long that nobody would want to read it in one line, and that is broken for it in two, at a space"`
}

func TestOddTextInAnExample(t *testing.T) {
	t.Parallel()
	want := Odd{
		Yes: "no", Space: "a: b # c", Doc: "-\n\t\x7f\u0085\u2028\ufeff😀\\\"", Wide: "0x10",
		Map:  map[string]string{"~": "null", "1": "1e3", "": " ", "<<": "*a", "é": "1:30"},
		List: []string{"true", "2024-01-02", ".inf", "-1", "[x]", "{env: X}", "@a", "!b", "%c", "=", "y", "Off"},
	}
	text := exampleOf(of[Odd](t), want)
	var got Odd
	require.NoError(t, of[Odd](t).Decode("", read(t, text), &got), "%s", text)
	assert.Equal(t, want, got)
	for line := range strings.Lines(text) {
		assert.True(t, strings.HasPrefix(line, "load:") || strings.HasPrefix(line, "  "), "%q", line)
	}
	assert.Contains(t, text, "  # two\n  # lines # and a bell\n")
}

// Needy has required fields of all kinds.
type Needy struct {
	Text  string           `json:"text" required:"true"`
	Mode  string           `json:"mode" required:"true" enum:"fast,slow"`
	Token Secret           `json:"token" required:"true"`
	List  []Row            `json:"list" required:"true"`
	Map   map[string]Extra `json:"map" required:"true"`
	DB    *DB              `json:"db" required:"true"`
	Shape Shape            `json:"shape" required:"true"`
	Bytes []byte           `json:"bytes" required:"true"`
	N     int              `json:"n" required:"true"`
}

func TestPlaceholdersAreAccepted(t *testing.T) {
	t.Parallel()
	s, err := schema.Of(reflect.TypeFor[Needy](), shapes()...)
	require.NoError(t, err)
	text := exampleOf(s, Needy{})
	var got Needy
	require.NoError(t, s.Decode("", read(t, text), &got), "%s", text)
	assert.Equal(t, Needy{
		Mode: "fast", Token: Secret{env: "LOAD_TOKEN"}, List: []Row{}, Map: map[string]Extra{}, DB: &DB{}, Shape: Circle{Color: "red"}, Bytes: []byte{},
	}, got)
	for name := range strings.SplitSeq("text mode token list map shape bytes \"n\"", " ") {
		assert.Regexp(t, `(?m)^  `+name+`: ?.*, required$`, text)
	}
}

func TestAnExampleShowsNoSecret(t *testing.T) {
	t.Parallel()
	l := defaults()
	l.Token, l.Keys, l.Spare = Secret{value: "hunter2"}, map[string]Secret{"a": {value: "hunter2"}, "b": {env: "B"}}, &Secret{value: "hunter2"}
	l.Any = map[string]any{"x": Secret{value: "hunter2"}}
	text := exampleOf(of[Load](t), l)
	assert.NotContains(t, text, "hunter2")
	for _, line := range []string{
		"  # token: \"[secret]\"  # secret\n", "  # keys: {a: \"[secret]\", b: {env: B}}  # map of secret\n",
		"  # spare: \"[secret]\"  # secret\n", "  # any: {x: \"[secret]\"}  # anything\n",
	} {
		assert.Contains(t, text, line)
	}
	got := l
	require.NoError(t, of[Load](t).Decode("", read(t, text), &got), "%s", text)
	got.Level, got.Addr = l.Level, l.Addr
	assert.Equal(t, l, got)
}

// Sealed has a form of its own, with a secret in it.
type Sealed struct{ Token string }

// MarshalJSON hides it.
func (Sealed) MarshalJSON() ([]byte, error) { return []byte(`{"token":"[secret]"}`), nil }

// UnmarshalJSON takes all.
func (s *Sealed) UnmarshalJSON(data []byte) error { s.Token = string(data); return nil }

// What stands for a secret must not become one.
func TestASecretThatATypeHidesIsNoDefault(t *testing.T) {
	t.Parallel()
	type has struct {
		S Sealed `json:"s"`
	}
	s := of[has](t)
	v := has{Sealed{"hunter2"}}
	assert.Equal(t, "# load:\n#   s: {token: \"[secret]\"}  # schema_test.Sealed\n", exampleOf(s, v))
	_, text := jsonSchemaOf(t, s, v)
	assert.NotContains(t, text, "default")
}

// jsonSchemaOf is the schema of what is laid on top of a value.
func jsonSchemaOf(tb require.TestingT, s *schema.Schema, on any) (*jsonschema.Resolved, string) {
	d := schema.NewDocument()
	text, err := d.JSON(d.Schema(s, on))
	require.NoError(tb, err)
	var parsed jsonschema.Schema
	require.NoError(tb, json.Unmarshal(text, &parsed), "%s", text)
	r, err := parsed.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	require.NoError(tb, err, "%s", text)
	return r, string(text)
}

// A value, and its example, are valid by the schema with that value as the default, and its defaults are valid too.
func TestJSONSchemaTakesWhatDecodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := types(3).Draw(t, "type")
		s, err := schema.Of(typ)
		if err != nil {
			t.Fatal(err)
		}
		v := reflect.New(typ)
		fill(t, v.Elem())
		shown, err := s.Redact(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		for _, on := range []any{nil, v.Elem().Interface()} {
			r, text := jsonSchemaOf(t, s, on)
			var given any
			require.NoError(t, json.Unmarshal(shown, &given))
			if err := r.Validate(given); err != nil {
				t.Fatalf("%s\n%s\n%v", text, shown, err)
			}
		}
	})
}

func TestJSONSchemaOfUnions(t *testing.T) {
	t.Parallel()
	s := drawing(t)
	rapid.Check(t, func(t *rapid.T) {
		want := drawDrawing(t)
		r, _ := jsonSchemaOf(t, s, want)
		shown, err := s.Redact(want)
		require.NoError(t, err)
		var given any
		require.NoError(t, json.Unmarshal(shown, &given))
		require.NoError(t, r.Validate(given), "%s", shown)
	})
	r, _ := jsonSchemaOf(t, s, nil)
	for _, bad := range []string{
		`{"main":{"box":{}}}`, `{"main":{"dot":1,"rect":{}}}`, `{"main":{}}`, `{"main":"dot"}`, `{"main":{"circle":{}}}`, `{"main":{"rect":null}}`,
		`{"list":[{"dot":1.5}]}`, `{"main":{"rect":{"token":"[secret]"}}}`, `{"main":{"rect":{"token":{"env":""}}}}`,
	} {
		var given any
		require.NoError(t, json.Unmarshal([]byte(bad), &given))
		require.Error(t, r.Validate(given), "%s", bad)
		var d Drawing
		require.Error(t, s.Decode("", []byte(bad), &d), "%s", bad)
	}
}

func TestJSONSchemaOnTopOfDefaults(t *testing.T) {
	t.Parallel()
	l := defaults()
	l.Token = Secret{value: "hunter2"}
	l.DB.Host = ""
	_, text := jsonSchemaOf(t, of[Load](t), l)
	assert.NotContains(t, text, "hunter2")
	assert.NotContains(t, text, "[secret]\"\n      ],")
	var got struct {
		Properties map[string]struct {
			Description string
			Default     any
			Format      string
			Enum        []string
			WriteOnly   bool
			Required    []string
		}
		Required []string
	}
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	p := got.Properties
	assert.Equal(t, []string{"db"}, got.Required, "dir has a value")
	assert.Equal(t, []string{"host"}, p["db"].Required)
	assert.Equal(t, "full", p["mode"].Default)
	assert.Equal(t, "how much to read", p["mode"].Description)
	assert.Equal(t, []string{"full", "delta"}, p["mode"].Enum)
	assert.Equal(t, "1m0s", p["wait"].Default)
	assert.Equal(t, "go-duration", p["wait"].Format)
	assert.Equal(t, "date-time", p["since"].Format)
	assert.True(t, p["token"].WriteOnly)
	assert.Nil(t, p["token"].Default)
}
