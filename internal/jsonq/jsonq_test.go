package jsonq_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/jsonq"
)

func want(tb testing.TB, s string) string {
	tb.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(tb, enc.Encode(s))
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "a", `"\`, "\x00\x1f\x7f\b\f\n\r\t", "é\u2028\u2029\ufffd", "\xff\xc3", "🚀<&>", "a\xf0\x9f\x9a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		assert.Equal(t, "x"+want(t, s), string(jsonq.Append([]byte("x"), s)))
	})
}

func TestAppendDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process
	buf := make([]byte, 0, 1024)
	s := "a line with \"quotes\" and\nbreaks, é"
	assert.Zero(t, testing.AllocsPerRun(100, func() { buf = jsonq.Append(buf[:0], s) }))
}
