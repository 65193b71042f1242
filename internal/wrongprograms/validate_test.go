package wrongprograms_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// What the compiler can't see, Validate does, and names the line: a codec carries its type only when it runs.
func TestCodecOfAnotherType(t *testing.T) {
	t.Parallel()

	text := func(context.Context) (string, error) { return "", nil }
	ofNumbers := dagster.StoredAs(
		".txt", func(io.Writer, int) error { return nil }, func(io.Reader) (int, error) { return 0, nil },
	)

	err := dagster.NewRepository("shop", dagster.NewAsset("wrong", dagster.From(text), ofNumbers)).Validate()

	mistake, ok := errors.AsType[*dagster.DefinitionError](err)
	require.True(t, ok, "got %v", err)
	assert.Equal(t, `asset "wrong"`, mistake.Name)
	assert.Contains(t, mistake.File, "validate_test.go")
	assert.Contains(t, err.Error(), "int")
	assert.Contains(t, err.Error(), "string")
}
