//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// gone makes the end of a process while it was read the same as its absence.
func gone(err error) error {
	if errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%w: %w", os.ErrNotExist, err)
	}
	return err
}
