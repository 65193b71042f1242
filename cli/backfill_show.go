package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// backfillShow shows many runs while they go on: how many are done, how fast, and how long it will take. Where the output
// is no terminal it writes a line for each run, or of very many one now and then.
type backfillShow struct {
	*app
	total  int
	begun  time.Time
	silent bool // the output has the events
	closed bool // who reads them has gone away
	quit   chan struct{}
	wait   sync.WaitGroup
	paint  painter // of the goroutine that draws

	mu           sync.Mutex
	done, failed int
	key          string // of the run at hand
	since        time.Time
	stay         []line
	stop         string
	said         time.Time // when a line was last written
}

func newBackfillShow(a *app, chosen partition.Subset, silent bool) *backfillShow {
	s := &backfillShow{app: a, total: chosen.Count(), begun: time.Now(), silent: silent, quit: make(chan struct{})}
	s.said = s.begun
	if silent {
		return s
	}
	s.say(line{{fmt.Sprintf("%s runs, one for each of %s", grouped(s.total), cutList(chosen.String(), 100)), plain}})
	if a.style.moves {
		s.wait.Go(s.loop)
	}
	return s
}

func (s *backfillShow) loop() {
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.draw(time.Now(), true)
		case <-s.quit:
			s.draw(time.Now(), false)
			return
		}
	}
}

// finish leaves the lines that stay, and no block.
func (s *backfillShow) finish() {
	close(s.quit)
	s.wait.Wait()
}

func (s *backfillShow) draw(now time.Time, more bool) {
	columns, rows := s.style.size()
	s.mu.Lock()
	stay := s.stay
	s.stay = nil
	var block []line
	if more {
		block = s.block(now, columns)
	}
	s.mu.Unlock()
	s.paint.draw(s.app, columns, rows, stay, block)
}

// say leaves a line that stays. s.mu is held, or nobody else has s yet.
func (s *backfillShow) say(l line) {
	if s.style.moves {
		s.stay = append(s.stay, l)
		return
	}
	_ = write(s.Stdout, strings.TrimRight(l.render(s.style, 0), " ")+"\n") // the runs matter more than what is shown of them
}

func (s *backfillShow) started(key string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.since = key, at
}

// sayEvery is how long nothing is said of very many runs that succeed.
const sayEvery = 5 * time.Second

func (s *backfillShow) ended(key string, res *dagster.Result, why string, begun time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	verb := span{"succeeded", green}
	more := took(now.Sub(begun))
	if why == "" {
		s.done++
	} else {
		s.failed++
		verb = span{"failed", red}
		more += ": " + why
		if id := res.RunID(); id != "" {
			more += " (run " + id + ")"
		}
	}
	switch {
	case s.silent:
	case why != "" || s.total <= fewSteps:
		s.say(s.line(now, verb, key, more))
	case !s.style.moves && now.Sub(s.said) >= sayEvery:
		s.say(s.headline(now))
		s.said = now
	}
}

func (s *backfillShow) line(at time.Time, verb span, name, more string) line {
	verb.text = pad(verb.text, verbWidth)
	return line{{fmt.Sprintf("%8s", clock(at.Sub(s.begun))), dim}, {"  ", plain}, verb, {"  " + clean(name) + "  " + more, plain}}
}

// events shows what bodies, or the engine, want people to see.
func (s *backfillShow) events(events []storage.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		e := &events[i]
		if d, ok := e.Data.(*storage.LogData); ok && d.Level != "DEBUG" && d.Level != "INFO" {
			s.say(s.line(e.At, span{"warning", yellow}, s.key, fold(e.Message)+fieldText(d)))
		}
	}
}

func (s *backfillShow) stopping(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop = fmt.Sprintf("%s; %s left", text, grouped(max(s.total-s.done-s.failed-1, 0)))
	if s.silent || !s.style.moves {
		fmt.Fprintf(s.Stderr, "%s: %s\n", s.Name, s.stop)
	}
}

// block is how the runs stand: a bar, numbers, and the run at hand. s.mu is held.
func (s *backfillShow) block(now time.Time, columns int) []line {
	room := min(columns-1, 80)
	ended := s.done + s.failed
	full := room * ended / max(s.total, 1)
	out := []line{
		{{strings.Repeat("█", full), green}, {strings.Repeat("·", room-full), dim}},
		s.headline(now),
	}
	if s.stop != "" {
		out = append(out, line{{s.stop, yellow}})
	}
	if s.key != "" && ended < s.total {
		out = append(out, line{{fmt.Sprintf("%8s", clock(now.Sub(s.since))), dim}, {"  " + clean(s.key), plain}})
	}
	return out
}

// headline is how many runs are done, how fast, and how long the others will take. s.mu is held.
func (s *backfillShow) headline(now time.Time) line {
	ended := s.done + s.failed
	out := line{
		{fmt.Sprintf("%8s", clock(now.Sub(s.begun))), bold},
		{fmt.Sprintf("  %s of %s runs", grouped(ended), grouped(s.total)), plain},
	}
	if s.failed > 0 {
		out = append(out, span{fmt.Sprintf(", %s failed", grouped(s.failed)), red})
	}
	if elapsed := now.Sub(s.begun); ended > 0 && ended < s.total && elapsed > 0 {
		rate := float64(ended) / elapsed.Seconds()
		left := time.Duration(float64(s.total-ended) / rate * float64(time.Second))
		out = append(out, span{fmt.Sprintf("  %s, %s left", rateText(rate), took(left.Round(time.Second))), dim})
	}
	return out
}

// rateText is how many are done in a second, or in a minute if that is little.
func rateText(perSecond float64) string {
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f/s", perSecond)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f/s", perSecond)
	}
	return fmt.Sprintf("%.1f/min", 60*perSecond)
}
