package storage_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

type panicked struct{ stack string }

func (p panicked) Error() string      { return "panic: boom" }
func (p panicked) StackTrace() []byte { return []byte(p.stack) }

type rude struct{ error }

func TestNewErrorKeepsTheChain(t *testing.T) {
	t.Parallel()

	assert.Equal(t, storage.Error{}, storage.NewError(nil))
	got := storage.NewError(fmt.Errorf("load: %w", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}))
	assert.Equal(t, storage.Error{
		Message: "load: open x: file does not exist", Kind: "*fmt.wrapError",
		Cause: &storage.Error{
			Message: "open x: file does not exist", Kind: "*fs.PathError",
			Cause: &storage.Error{Message: "file does not exist", Kind: "*errors.errorString"},
		},
	}, got)
}

func TestNewErrorFoldsJoinedErrors(t *testing.T) {
	t.Parallel()

	got := storage.NewError(errors.Join(errors.New("one"), fmt.Errorf("two: %w", panicked{"main()"})))
	assert.Equal(t, "one\ntwo: panic: boom", got.Message)
	require.NotNil(t, got.Cause)
	assert.Equal(t, "one", got.Cause.Message)
	assert.Nil(t, got.Cause.Cause)
	assert.Equal(t, "main()", got.Stack)
}

func TestNewErrorPutsTheStackWhereItBelongs(t *testing.T) {
	t.Parallel()

	got := storage.NewError(fmt.Errorf("step: %w", panicked{"main()\xff"}))
	assert.Empty(t, got.Stack)
	assert.Equal(t, "main()\ufffd", got.Cause.Stack)
}

func TestNewErrorBearsANilPointer(t *testing.T) {
	t.Parallel()

	var none *fs.PathError
	got := storage.NewError(fmt.Errorf("hook: %w", none))
	require.NotNil(t, got.Cause)
	assert.Equal(t, "*fs.PathError", got.Cause.Kind)
	assert.Contains(t, got.Cause.Message, "*fs.PathError has no message: its Error method panicked")
	assert.Nil(t, got.Cause.Cause)
}

func TestNewErrorIsBounded(t *testing.T) {
	t.Parallel()

	err := error(panicked{strings.Repeat("s", 1<<20)})
	for range 100 {
		err = fmt.Errorf("again: %w", err)
	}
	depth := 0
	got := storage.NewError(err)
	for e := &got; e != nil; e = e.Cause {
		depth++
	}
	assert.Equal(t, 32, depth)
	assert.Len(t, got.Stack, 64<<10-40+len(" [983080 bytes cut]"))
	assert.True(t, strings.HasSuffix(got.Stack, "s [983080 bytes cut]"), got.Stack[len(got.Stack)-30:])

	long := storage.NewError(errors.New(strings.Repeat("🚀\xff", 1<<16)))
	assert.LessOrEqual(t, len(long.Message), 64<<10)
	assert.True(t, utf8.ValidString(long.Message))
	assert.Contains(t, long.Message, " bytes cut]")
}

func TestNewErrorSurvivesAnErrorThatPanics(t *testing.T) {
	t.Parallel()

	got := storage.NewError(rude{})
	assert.Contains(t, got.Message, "storage_test.rude has no message: its Error method panicked: ")
}
