package cli

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

const (
	redrawEvery = 100 * time.Millisecond

	// fewSteps is how many steps a run may have for each to get a line that stays.
	fewSteps = 40

	// mostRunning is how many running steps are named.
	mostRunning = 10
)

// live draws a block of lines at the end of a terminal, again and again, and above it the lines that stay. The block is
// one write, so that it does not flicker; whoever records events waits for none.
type live struct {
	*app
	planned func(storage.RunID) []dagster.StepPlan
	quit    chan struct{}
	done    chan struct{}

	paint painter // of the goroutine that draws

	mu       sync.Mutex
	tally    *tally
	stay     []line
	cancel   string
	started  bool
	canceled bool
}

func newLive(a *app, planned func(storage.RunID) []dagster.StepPlan) *live {
	l := &live{app: a, planned: planned, tally: newTally(), quit: make(chan struct{}), done: make(chan struct{})}
	go l.loop()
	return l
}

func (l *live) loop() {
	defer close(l.done)
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.draw(time.Now(), true)
		case <-l.quit:
			l.draw(time.Now(), false)
			return
		}
	}
}

func (l *live) show(events []storage.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.started {
		l.started = true
		l.tally.expect(l.planned(events[0].Run))
		l.stay = append(l.stay, line{{"Run ", dim}, {string(events[0].Run), bold}})
	}
	for i := range events {
		n := note(l.tally, &events[i], l.canceled)
		if n == nil {
			continue
		}
		switch events[i].Kind {
		case storage.StepStart, storage.StepRestarted:
			continue // the block has it
		case storage.StepSuccess, storage.StepSkipped:
			if len(l.tally.steps) > fewSteps {
				continue
			}
		default:
		}
		l.stay = append(l.stay, n)
	}
}

func (l *live) canceling(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.canceled, l.cancel = true, text
}

// finish leaves the lines that stay, and no block.
func (l *live) finish() {
	close(l.quit)
	<-l.done
}

// draw replaces the block on the screen.
func (l *live) draw(now time.Time, more bool) {
	columns, rows := l.style.size()
	l.mu.Lock()
	stay := l.stay
	l.stay = nil
	var block []line
	if more && l.started {
		block = l.block(now, rows-1)
	}
	l.mu.Unlock()
	l.paint.draw(l.app, columns, rows, stay, block)
}

// block is how the run stands, in at most rows lines. l.mu is held.
func (l *live) block(now time.Time, rows int) []line {
	out := []line{l.headline(now)}
	if l.cancel != "" {
		out = append(out, line{{l.cancel, yellow}})
	}
	room := min(mostRunning, rows-len(out))
	running := l.tally.running
	if len(running) > room {
		running = running[:max(room-1, 0)]
	}
	for _, s := range running {
		out = append(out, runningLine(s, now))
	}
	if hidden := len(l.tally.running) - len(running); hidden > 0 && room > 0 {
		out = append(out, line{{fmt.Sprintf("%8s  and %d more", "", hidden), dim}})
	}
	return out[:min(len(out), max(rows, 1))]
}

func (l *live) headline(now time.Time) line {
	t := l.tally
	out := line{
		{fmt.Sprintf("%8s", clock(t.since(now))), bold},
		{fmt.Sprintf("  %d of %d%s done", t.counts[stepDone], len(t.steps), t.orMore()), plain},
	}
	part := func(n int, what string, c color) {
		if n > 0 {
			out = append(out, span{", ", plain}, span{fmt.Sprintf("%d %s", n, what), c})
		}
	}
	part(t.counts[stepFailed], "failed", red)
	part(t.counts[stepSkipped], "skipped", yellow)
	part(t.counts[stepRunning], "running", cyan)
	part(t.counts[stepRetrying], "to be retried", yellow)
	part(t.counts[stepWaiting], "waiting", plain)
	return out
}

func runningLine(s *step, now time.Time) line {
	out := line{
		{fmt.Sprintf("%8s", clock(now.Sub(s.started))), dim},
		{"  " + s.name(), plain},
	}
	if s.attempts > 1 {
		out = append(out, span{fmt.Sprintf("  attempt %d", s.attempts), yellow})
	}
	if p := cmp.Or(progressText(s.progress), s.partitionsText()); p != "" {
		out = append(out, span{"  " + p, cyan})
	}
	return out
}

// partitionsText is how many of several partitions are made.
func (s *step) partitionsText() string {
	if s.plans <= 1 || s.several {
		return ""
	}
	return progressText(&storage.ProgressData{Done: int64(s.made), Total: int64(s.plans), Unit: "partitions"})
}

func progressText(p *storage.ProgressData) string {
	if p == nil {
		return ""
	}
	unit := ""
	if p.Unit != "" {
		unit = " " + fold(p.Unit)
	}
	if p.Total <= 0 {
		return fmt.Sprintf("%d%s", p.Done, unit)
	}
	percent := int(100 * float64(p.Done) / float64(p.Total))
	return fmt.Sprintf("%d%%  %d/%d%s", max(0, min(percent, 100)), p.Done, p.Total, unit)
}
