//go:build unix

package subprocess

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// maxLine bounds a message: an event is far smaller.
const maxLine = 16 << 20

// hearing takes what a process says, a message a line.
type hearing struct {
	out   *os.File
	emit  func(storage.Event)
	wrong func() // is called when it says what makes no sense

	outcome *executor.Outcome // nil until it was said
	err     error             // which line makes no sense, and why
}

// listen returns when the process has no more to say, or says what makes no sense. A line without an end was never said.
func (h *hearing) listen() {
	lines := bufio.NewScanner(h.out)
	lines.Buffer(nil, maxLine)
	lines.Split(whole)
	n := 1
	for ; lines.Scan(); n++ {
		if h.err = h.take(lines.Bytes()); h.err != nil {
			break
		}
	}
	if h.err == nil && errors.Is(lines.Err(), bufio.ErrTooLong) {
		h.err = fmt.Errorf("more than %d bytes", maxLine)
	}
	if h.err != nil {
		h.err = fmt.Errorf("line %d: %w", n, h.err)
		h.wrong()
	}
}

// whole splits at line ends, and drops what has none.
func whole(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

func (h *hearing) take(line []byte) error {
	var m message
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return err
	}
	switch {
	case h.outcome != nil:
		return errors.New("the outcome was said already")
	case m.Event != nil && m.Outcome == nil:
		e, err := m.Event.stored()
		if err != nil {
			return err
		}
		h.emit(e)
		return nil
	case m.Outcome != nil && m.Event == nil:
		o, err := m.Outcome.executed()
		h.outcome = &o
		return err
	default:
		return errors.New("neither an event nor an outcome")
	}
}
