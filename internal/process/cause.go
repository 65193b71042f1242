package process

import (
	"errors"
	"os"
	"os/exec"
)

// Cause is what the system said of a program that could not be started, without the program: for callers that name it.
func Cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	return err
}
