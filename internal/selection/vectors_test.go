package selection_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/selection"
)

var update = flag.Bool("update", false, "write the golden files")

// vector is what becomes of one text. The file is shared with parsers in other languages: they must agree on tree and at.
type vector struct {
	Text    string `json:"text"`
	Tree    string `json:"tree,omitempty"`
	Printed string `json:"printed,omitempty"`
	At      int    `json:"at,omitempty"` // of the mistake, in characters from 1
	Want    string `json:"want,omitempty"`
}

func newVector(t *testing.T, text string) vector {
	t.Helper()
	s, err := selection.Parse(text)
	if err != nil {
		wrong, ok := errors.AsType[*selection.Error](err)
		require.True(t, ok)
		return vector{Text: text, At: wrong.Place(), Want: wrong.What}
	}
	return vector{Text: text, Tree: s.Tree(), Printed: s.String()}
}

const aboutVectors = "Texts in the language of asset selections. tree is the parsed tree: (up N X), (down N X), (around N M X) are traversals with * " +
	"for all levels, (name K) is a key that must be there, attributes are (attribute value) or (tag key value), null is <null>. printed is " +
	"the text in its shortest form, which has the same tree. A text with a mistake has at, in characters from 1, and what was wanted there."

func TestVectors(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "vectors.json")
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		About   string   `json:"about"`
		Vectors []vector `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(src, &file))
	require.Greater(t, len(file.Vectors), 300)
	var lines [][]byte
	for _, v := range file.Vectors {
		got := newVector(t, v.Text)
		if *update {
			lines = append(lines, line(t, got))
			continue
		}
		assert.Equal(t, v, got)
		if got.At == 0 {
			again := newVector(t, got.Printed)
			assert.Equal(t, got.Tree, again.Tree, "what is printed means the same")
			assert.Equal(t, got.Printed, again.Printed)
		}
	}
	if *update {
		out := "{\"about\": " + string(line(t, aboutVectors)) + ",\n\"vectors\": [\n" + string(bytes.Join(lines, []byte(",\n"))) + "\n]}\n"
		require.NoError(t, os.WriteFile(path, []byte(out), 0o600))
	}
}

// line is a value as JSON without escapes that only HTML needs.
func line(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(v))
	return bytes.TrimSpace(b.Bytes())
}
