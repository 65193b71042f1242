package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// note is the line that says what an event changed: when, what, which step, and more of it.
func note(t *tally, e *storage.Event, canceled bool) line {
	switch e.Kind {
	case storage.LogMessage:
		return logNote(t, e)
	case storage.EngineEvent:
		if e.Step != "" && strings.HasPrefix(e.Message, unchanged) {
			t.step(e.Step).same += unchangedIn(e.Message)
			return nil
		}
		if n := logNote(t, e); n != nil {
			return n
		}
		return newNote(t, e.At, span{"note", dim}, "", fold(e.Message))
	case storage.HookErrored:
		return newNote(t, e.At, span{"warning", yellow}, t.step(e.Step).name(), fold(e.Message))
	case storage.AssetCheckEvaluation:
		t.add(e)
		return checkNote(t, e)
	default:
	}
	s := t.add(e)
	if s == nil {
		return nil
	}
	switch s.status {
	case stepRunning:
		if s.attempts > 1 {
			return newNote(t, e.At, span{"restarted", cyan}, s.name(), fmt.Sprintf("attempt %d", s.attempts))
		}
		return newNote(t, e.At, span{"started", dim}, s.name(), "")
	case stepDone:
		if s.same > 0 && s.made == 0 {
			return newNote(t, e.At, span{"unchanged", dim}, s.name(), lasted(s, e))
		}
		return newNote(t, e.At, span{"succeeded", green}, s.name(), strings.Join(append([]string{lasted(s, e) + s.manyMade()}, s.paths...), "  "))
	case stepFailed:
		if canceled {
			return newNote(t, e.At, span{"canceled", yellow}, s.name(), lasted(s, e))
		}
		return newNote(t, e.At, span{"failed", red}, s.name(), lasted(s, e)+": "+fold(s.err))
	case stepSkipped:
		return newNote(t, e.At, span{"skipped", yellow}, s.name(), "")
	case stepRetrying:
		wait := ""
		if d, ok := e.Data.(*storage.FailureData); ok && d.RetryIn > 0 {
			wait = ", next in " + took(d.RetryIn)
		}
		more := fmt.Sprintf("%s: %s (attempt %d%s)", lasted(s, e), fold(s.err), s.attempts, wait)
		return newNote(t, e.At, span{"retrying", yellow}, s.name(), more)
	case stepWaiting, stepNotRun:
	}
	return nil
}

// manyMade says how many partitions a step made, if they were several, and how many it left as they were.
func (s *step) manyMade() string {
	if s.several || s.plans <= 1 {
		return ""
	}
	text := "  " + partitionCount(s.made)
	if s.same > 0 {
		text += fmt.Sprintf(", %s unchanged", grouped(s.same))
	}
	return text
}

// checkNote shows a check that did not pass.
func checkNote(t *tally, e *storage.Event) line {
	d, ok := e.Data.(*storage.CheckData)
	if !ok || d.Passed {
		return nil
	}
	verb := span{"check", checkColor(outcome(d))}
	return newNote(t, e.At, verb, clean(e.Asset), strings.TrimSuffix(fmt.Sprintf("%s did not pass: %s", clean(d.Check), fold(d.Description)), ": "))
}

// unchanged starts what the engine says of a step that it left out because all is stored as it would be made.
const unchanged = "unchanged: "

// unchangedIn is how many partitions the engine says that of, 1 if it does not count them.
func unchangedIn(message string) int {
	n := 1
	if _, err := fmt.Sscanf(message, unchanged+"%d of", &n); err != nil {
		return 1
	}
	return n
}

// lasted is how long the attempt took that an event ends.
func lasted(s *step, e *storage.Event) string {
	if s.started.IsZero() {
		return took(0)
	}
	return took(e.At.Sub(s.started))
}

// ioPath is where the file IO manager says that it keeps a value: of use in the details, and too much beside every asset.
const ioPath = "path"

// pathsOf are the paths among the metadata of what was made: what somebody opens next.
func pathsOf(e *storage.Event) []string {
	d, ok := e.Data.(*storage.MaterializationData)
	if !ok {
		return nil
	}
	var paths []string
	for _, m := range d.Metadata {
		if v, ok := m.Value.(metadata.PathValue); ok && m.Key != ioPath {
			paths = append(paths, fold(v.String()))
		}
	}
	return paths
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
	name := ""
	if e.Step != "" {
		name = t.step(e.Step).name()
	}
	return newNote(t, e.At, verb, name, fold(e.Message)+fieldText(d))
}

// remarks are what the engine says of a run as a whole.
func remarks(events []storage.Event) []string {
	var out []string
	for i := range events {
		if e := &events[i]; e.Kind == storage.EngineEvent && e.Step == "" {
			out = append(out, fold(e.Message))
		}
	}
	return out
}

const verbWidth = 9

func newNote(t *tally, at time.Time, verb span, name, more string) line {
	verb.text = pad(verb.text, verbWidth)
	l := line{
		{fmt.Sprintf("%8s", clock(t.since(at))), dim},
		{"  ", plain},
		verb,
		{"  ", plain},
	}
	if name != "" {
		l = append(l, span{name, plain})
		more = strings.TrimSuffix("  "+more, "  ")
	}
	if more != "" {
		l = append(l, span{more, plain})
	}
	return l
}

// partitionCount is "1 partition", "1,461 partitions".
func partitionCount(n int) string {
	if n == 1 {
		return "1 partition"
	}
	return grouped(n) + " partitions"
}
