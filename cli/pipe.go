package cli

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// closedPipe reports that nobody reads any more.
func closedPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed)
}
