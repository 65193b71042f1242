package launcher

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/dagster-go/dagster/internal/capture"
)

// Work is what a process was started for.
type Work struct {
	Request

	Logs        string `json:"logs,omitempty"` // the folder for what it prints; empty for none
	MaxLogBytes int64  `json:"max_log_bytes,omitempty"`
}

// ErrNoWork is returned by [Await] when whoever started the process has gone away without telling it what to do.
var ErrNoWork = errors.New("no work was handed out")

// readyLine is what a process that waits for a run says once it is ready.
const readyLine = "\n"

// Capture begins to keep what this process and its children print in w.Logs, and returns the function that ends it: call it before the
// process ends, or what was printed last may be missing. Warn is told, at most once, that output can't be kept, which hinders
// nothing; it must return soon, and not print. Without a folder nothing is done.
func (w *Work) Capture(warn func(error)) (stop func()) {
	if w.Logs == "" {
		return func() {}
	}
	return capture.Start(capture.Config{Dir: w.Logs, Max: w.MaxLogBytes, Warn: warn})
}

// maxWork bounds what is read of a request.
const maxWork = 16 << 20

// Await returns what a process that [Process] started is to do. It reads standard input, once, and leaves an empty one. It sets the
// environment that marks whatever the process starts as the run's. Call it when all is ready: a process may be started before there is a
// run, and then waits here. It returns [ErrNoWork] if there will be none, upon which the process should end.
func Await(ctx context.Context) (Work, error) {
	if os.Getenv(warmVar) != "" {
		_, err := os.Stdin.WriteString(readyLine)
		if err = errors.Join(err, os.Unsetenv(warmVar)); err != nil {
			return Work{}, fmt.Errorf("await work: %w", err)
		}
	}
	w, err := start(ctx, func() (Work, error) { return readWork(os.Stdin) }, func(Work) {})
	if err != nil {
		return Work{}, fmt.Errorf("await work: %w", err)
	}
	err = errors.Join(closeInput(), os.Setenv(RunVar, string(w.Run)), os.Setenv(EpochVar, strconv.FormatInt(w.Epoch, 10)))
	if err != nil {
		return Work{}, fmt.Errorf("await work: %w", err)
	}
	return w, nil
}

func encode(w Work) ([]byte, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	if len(text) >= maxWork {
		return nil, fmt.Errorf("request has %d bytes, more than %d", len(text), maxWork)
	}
	return append(text, '\n'), nil
}

// readWork reads one line. Without its end the text is not whole: then there is no work.
func readWork(r io.Reader) (Work, error) {
	text, err := bufio.NewReader(io.LimitReader(r, maxWork)).ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return Work{}, ErrNoWork
	}
	if err != nil {
		return Work{}, err
	}
	var w Work
	if err := json.Unmarshal(bytes.TrimSpace(text), &w); err != nil {
		return Work{}, fmt.Errorf("%w: %w", ErrNoWork, err)
	}
	if w.Run == "" {
		return Work{}, fmt.Errorf("%w: it names no run", ErrNoWork)
	}
	return w, nil
}
