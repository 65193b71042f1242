package storage

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of a stored error: what is longer is cut, and says so.
const (
	maxErrorText  = 64 << 10
	maxErrorDepth = 32
)

// Error is an error as it is stored: what failed, where, and why.
type Error struct {
	Message string `json:"message"`
	Kind    string `json:"kind,omitempty"`  // its Go type
	Stack   string `json:"stack,omitempty"` // where a panic happened
	Cause   *Error `json:"cause,omitempty"`

	extra string
}

// NewError makes the stored form of err: its message and type, and those of the errors that it wraps, 32 at most. Of
// errors joined into one the first is the cause; the message names them all. A stack comes from the error that has a
// method StackTrace() []byte. Message and stack are valid UTF-8 of at most 64 KiB. The zero Error stands for nil.
func NewError(err error) Error {
	if err == nil {
		return Error{}
	}
	e, stacked := newError(err, 1)
	if !stacked {
		e.Stack = stack(err) // of a branch that is no one's cause
	}
	return e
}

type stackTracer interface {
	error
	StackTrace() []byte
}

func newError(err error, depth int) (e Error, stacked bool) {
	e = Error{Message: bounded(message(err)), Kind: fmt.Sprintf("%T", err)}
	if traced, ok := err.(stackTracer); ok { //nolint:errorlint // the stack of this very error, not of its cause
		e.Stack, stacked = bounded(string(traced.StackTrace())), true
	}
	if cause := unwrap(err); cause != nil && depth < maxErrorDepth {
		c, below := newError(cause, depth+1)
		e.Cause, stacked = &c, stacked || below
	}
	return e, stacked
}

// stack is that of err or of what it wraps, "" if none has one.
func stack(err error) (text string) {
	defer func() { _ = recover() }() // see message
	if traced, ok := errors.AsType[stackTracer](err); ok {
		text = bounded(string(traced.StackTrace()))
	}
	return text
}

// unwrap returns what err wraps, the first of many.
func unwrap(err error) (cause error) {
	defer func() { _ = recover() }() // see message
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return errors.Unwrap(err)
	}
	for _, cause := range joined.Unwrap() {
		if cause != nil {
			return cause
		}
	}
	return nil
}

// message is the text of err. A user's error that panics when asked for it must not take the run down with it.
func message(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("%T has no message: its Error method panicked: %v", err, r)
		}
	}()
	return err.Error()
}

// bounded makes s valid UTF-8 of at most maxErrorText bytes, the note of what was cut included.
func bounded(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= maxErrorText {
		return s
	}
	keep := maxErrorText - 40 // room for the note
	for !utf8.RuneStart(s[keep]) {
		keep--
	}
	return fmt.Sprintf("%s [%d bytes cut]", s[:keep], len(s)-keep)
}
