package cron

import (
	"errors"
	"fmt"
)

// ErrNever reports a cron that is well written but names no day of any year, such as 31 April.
var ErrNever = errors.New("no year has such a day")

// FieldError reports a cron text that can't be read: which part of it, and what may stand there.
type FieldError struct {
	Cron  string // the whole text
	Field string // "minute", "day of the week"; empty if the fields themselves are not as they should be
	Text  string // the part of the field that is wrong
	Want  string // what is allowed
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("parse cron %q: want %s", e.Cron, e.Want)
	}
	return fmt.Sprintf("parse cron %q: %s %q: want %s", e.Cron, e.Field, e.Text, e.Want)
}
