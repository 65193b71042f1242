package schema_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/schema"
)

// metaSchema is the schema of schemas.
func metaSchema(tb testing.TB) *jsonschema.Resolved {
	tb.Helper()
	read := func(name string) (*jsonschema.Schema, error) {
		data, err := os.ReadFile(filepath.Join("testdata", "draft2020-12", name))
		if err != nil {
			return nil, err
		}
		var s jsonschema.Schema
		return &s, json.Unmarshal(data, &s)
	}
	root, err := read("schema.json")
	require.NoError(tb, err)
	meta, err := root.Resolve(&jsonschema.ResolveOptions{Loader: func(uri *url.URL) (*jsonschema.Schema, error) {
		return read(filepath.Join("meta", filepath.Base(uri.Path)+".json"))
	}})
	require.NoError(tb, err)
	return meta
}

func TestJSONSchemaIsOne(t *testing.T) {
	t.Parallel()
	meta := metaSchema(t)
	require.Error(t, meta.Validate(map[string]any{"type": "text"}), "the meta-schema refuses something")
	require.Error(t, meta.Validate(map[string]any{"properties": map[string]any{"a": map[string]any{"required": "b"}}}))

	needy, err := schema.Of(reflect.TypeFor[Needy](), shapes()...)
	require.NoError(t, err)
	l := defaults()
	for _, tt := range []struct {
		name string
		of   *schema.Schema
		on   any
	}{
		{"about everything", of[Load](t), nil},
		{"about everything, on defaults", of[Load](t), l},
		{"recursive", of[Tree](t), Tree{Kids: []Tree{{}}}},
		{"unions", drawing(t), Drawing{Main: &Rect{}, List: []Shape{Dot(1)}}},
		{"required", needy, Needy{}},
		{"odd names", of[Odd](t), Odd{Map: map[string]string{"": "$ref"}}},
		{"a list", of[[]map[string]*int](t), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := schema.NewDocument()
			text, err := d.JSON(d.Schema(tt.of, tt.on))
			require.NoError(t, err)
			var v any
			require.NoError(t, json.Unmarshal(text, &v))
			require.NoError(t, meta.Validate(v), "%s", text)
		})
	}
}
