package cli

import (
	"fmt"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// note is the line that says what an event changed: when, what, which step, and more of it.
func note(t *tally, e *storage.Event, canceled bool) line {
	if e.Kind == storage.LogMessage || e.Kind == storage.EngineEvent {
		return logNote(t, e)
	}
	s := t.add(e)
	if s == nil {
		return nil
	}
	switch s.status {
	case stepRunning:
		if s.attempts > 1 {
			return newNote(t, e.At, span{"restarted", cyan}, s.key, fmt.Sprintf("attempt %d", s.attempts))
		}
		return newNote(t, e.At, span{"started", dim}, s.key, "")
	case stepDone:
		return newNote(t, e.At, span{"succeeded", green}, s.key, lasted(s, e))
	case stepFailed:
		verb := span{"failed", red}
		if canceled {
			verb = span{"canceled", yellow}
		}
		return newNote(t, e.At, verb, s.key, lasted(s, e)+": "+fold(s.err))
	case stepSkipped:
		return newNote(t, e.At, span{"skipped", yellow}, s.key, "")
	case stepRetrying:
		wait := ""
		if d, ok := e.Data.(*storage.FailureData); ok && d.RetryIn > 0 {
			wait = " in " + took(d.RetryIn)
		}
		return newNote(t, e.At, span{"retrying", yellow}, s.key, fmt.Sprintf("%s%s, attempt %d failed: %s", lasted(s, e), wait, s.attempts, fold(s.err)))
	case stepWaiting, stepNotRun:
	}
	return nil
}

// lasted is how long the attempt took that an event ends.
func lasted(s *step, e *storage.Event) string {
	if s.started.IsZero() {
		return took(0)
	}
	return took(e.At.Sub(s.started))
}

// logNote shows what a body, or the engine, wants people to see; the rest is for "run events".
func logNote(t *tally, e *storage.Event) line {
	d, ok := e.Data.(*storage.LogData)
	if !ok || d.Level == "DEBUG" || d.Level == "INFO" {
		return nil
	}
	verb := span{"warning", yellow}
	if d.Level != "WARN" && d.Level != "WARNING" {
		verb = span{"error", red}
	}
	return newNote(t, e.At, verb, e.Step, fold(e.Message))
}

const verbWidth = 9

func newNote(t *tally, at time.Time, verb span, step, more string) line {
	verb.text = pad(verb.text, verbWidth)
	l := line{
		{fmt.Sprintf("%8s", clock(t.since(at))), dim},
		{"  ", plain},
		verb,
		{"  ", plain},
		{clean(step), plain},
	}
	if more != "" {
		l = append(l, span{"  " + more, plain})
	}
	return l
}
