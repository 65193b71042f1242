package cli

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/dagster-go/dagster/storage"
)

// plainShower writes a line for each step that starts or ends.
type plainShower struct {
	*app
	tally    *tally
	canceled atomic.Bool
}

func (p *plainShower) show(events []storage.Event) {
	var b strings.Builder
	if p.tally == nil {
		p.tally = newTally()
		fmt.Fprintf(&b, "Run %s\n", events[0].Run)
	}
	for i := range events {
		if l := note(p.tally, &events[i], p.canceled.Load()); l != nil {
			b.WriteString(strings.TrimRight(l.render(p.style, 0), " "))
			b.WriteByte('\n')
		}
	}
	_ = write(p.Stdout, b.String()) // the run matters more than what is shown of it
}

func (p *plainShower) canceling(text string) {
	p.canceled.Store(true)
	fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, text)
}

func (p *plainShower) finish() {}

// jsonShower writes the events themselves.
type jsonShower struct {
	*app
	closed bool
}

func (j *jsonShower) show(events []storage.Event) {
	if j.closed {
		return
	}
	var b bytes.Buffer
	if err := appendEvents(&b, events); err != nil {
		fmt.Fprintf(j.Stderr, "%s: %v\n", j.Name, err)
		return
	}
	if _, err := j.Stdout.Write(b.Bytes()); err != nil {
		j.closed = true
		fmt.Fprintf(j.Stderr, "%s: write output: %v; the run goes on\n", j.Name, err)
	}
}

func (j *jsonShower) canceling(text string) { fmt.Fprintf(j.Stderr, "%s: %s\n", j.Name, text) }

func (j *jsonShower) finish() {}
