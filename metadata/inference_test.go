package metadata_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/metadata"
)

type (
	state  string
	cents  int32
	broken struct{ C chan int }
)

func TestOfFindsTheTypeOfPlainValues(t *testing.T) {
	t.Parallel()

	link, err := url.Parse("https://x.org/a")
	require.NoError(t, err)
	at, n := time.Unix(1700000000, 5), 7
	for name, tt := range map[string]struct {
		v    any
		want metadata.Value
	}{
		"text":             {"a", metadata.TextValue("a")},
		"named text":       {state("paid"), metadata.TextValue("paid")},
		"what seems a URL": {"https://x.org", metadata.TextValue("https://x.org")},
		"int":              {-1, metadata.IntValue(-1)},
		"named int":        {cents(5), metadata.IntValue(5)},
		"byte":             {byte(5), metadata.IntValue(5)},
		"large uint":       {uint64(1 << 63), metadata.BigIntValue("9223372036854775808")},
		"big":              {big.NewInt(5), metadata.IntValue(5)},
		"float":            {1.5, metadata.FloatValue(1.5)},
		"float32":          {float32(0.1), metadata.FloatValue(0.1)},
		"bool":             {true, metadata.BoolValue(true)},
		"nil":              {nil, metadata.NullValue{}},
		"nil pointer":      {(*netip.Addr)(nil), metadata.NullValue{}},
		"nil big":          {(*big.Int)(nil), metadata.NullValue{}},
		"pointer":          {&n, metadata.IntValue(7)},
		"time":             {at, metadata.TimeValue(at.UTC())},
		"pointer to time":  {&at, metadata.TimeValue(at.UTC())},
		"duration":         {90 * time.Second, metadata.TextValue("1m30s")},
		"url":              {*link, metadata.URLValue("https://x.org/a")},
		"pointer to url":   {link, metadata.URLValue("https://x.org/a")},
		"text marshaler":   {netip.MustParseAddr("::1"), metadata.TextValue("::1")},
		"raw JSON":         {json.RawMessage(`{"a": 1}`), metadata.JSONValue(`{"a":1}`)},
		"slice":            {[]any{1, "a", nil}, metadata.JSONValue(`[1,"a",null]`)},
		"array":            {[2]int{1, 2}, metadata.JSONValue(`[1,2]`)},
		"map":              {map[string]int{"b": 1, "a": 2}, metadata.JSONValue(`{"a":2,"b":1}`)},
		"struct":           {struct{ A int }{1}, metadata.JSONValue(`{"A":1}`)},
		"a value":          {metadata.PathValue("/a"), metadata.PathValue("/a")},
	} {
		e := metadata.Of("k", tt.v)
		require.NoError(t, e.Err(), name)
		assert.Equal(t, metadata.Entry{Key: "k", Value: tt.want}, e, name)
	}
}

func TestOfSaysWhatHasNoType(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		v    any
		want string
	}{
		"bytes":       {[]byte("x"), `metadata "k": []uint8: bytes have no type: take Text, or JSON`},
		"func":        {func() {}, `metadata "k": func(): it has no type`},
		"channel":     {make(chan int), `metadata "k": chan int: it has no type`},
		"complex":     {1i, `metadata "k": complex128: it has no type`},
		"error":       {errors.New("x"), `metadata "k": *errors.errorString: an error has no type: take Text`},
		"within":      {broken{}, `metadata "k": metadata_test.broken: json: unsupported type: chan int`},
		"text failed": {invalidText{}, `metadata "k": metadata_test.invalidText: no text`},
	} {
		e := metadata.Of("k", tt.v)
		require.EqualError(t, e.Err(), tt.want, name)
		assert.Contains(t, string(e.AppendJSON(nil)), "is not shown", "what is stored all the same says why")
	}
}

type invalidText struct{}

func (invalidText) MarshalText() ([]byte, error) { return nil, errors.New("no text") }
