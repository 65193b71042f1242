// Package capture keeps what a process and its children print, in files of bounded size.
//
// The process does it itself: its standard output and error become pipes that goroutines of its own read. So nothing is lost when whoever
// started it goes away, os.Stdout of code that knows nothing of it is caught, and no process is needed beside it. The price is
// that what is in a pipe when the process is killed is lost. A crash of a Go program is written to the file directly.
package capture

import (
	"cmp"
	"errors"
	"os"
)

// The streams of a process.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// DefaultMax is how much is kept of a stream where nothing else is said.
const DefaultMax = 64 << 20

// Config says what to keep.
type Config struct {
	// Dir is the folder of the files. It must exist, and nothing leads out of it.
	Dir string

	// Max is how many bytes are kept of each stream: the first quarter, and what came last. At least 4 KiB.
	// Defaults to [DefaultMax].
	Max int64

	// Warn is told, once, that output can't be kept: the folder is gone, or the disk is full. The process goes on, and what it
	// prints from then on is dropped. It is called by a goroutine that must go on soon, and must not print. Defaults to nobody.
	Warn func(error)
}

func (c *Config) fill() error {
	c.Max = max(cmp.Or(c.Max, DefaultMax), 4<<10)
	if c.Warn == nil {
		c.Warn = func(error) {}
	}
	if c.Dir == "" {
		return errors.New("no folder")
	}
	return nil
}

// outputs are the streams and what they stand for.
func outputs() map[string]*os.File {
	return map[string]*os.File{Stdout: os.Stdout, Stderr: os.Stderr}
}
