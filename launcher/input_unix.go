//go:build unix

package launcher

import (
	"fmt"
	"os"

	"github.com/dagster-go/dagster/internal/process"
)

// closeInput replaces standard input by an empty one.
func closeInput() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("empty standard input: %w", err)
	}
	defer null.Close()
	if err := process.Replace(int(null.Fd()), 0); err != nil {
		return fmt.Errorf("empty standard input: %w", err)
	}
	return nil
}
