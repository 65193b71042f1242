package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// mostFailed is how many failed steps a summary shows.
const mostFailed = 10

// summary is what is left to read after a run.
func (a *app) summary(res *dagster.Result, err error, elapsed time.Duration, remarks []string) string {
	var b strings.Builder
	steps := res.Steps()
	b.WriteByte('\n')
	head := line{{string(res.Status()), statusColor(res.Status())}, {" in " + took(elapsed), plain}}
	if text := countText(steps); text != "" {
		head = append(head, span{": " + text, plain})
	}
	b.WriteString(head.render(a.style, 0) + "\n")
	for _, remark := range remarks {
		b.WriteString("  " + remark + "\n")
	}
	failed := 0
	for i := range steps {
		if steps[i].Status != executor.StepFailed {
			continue
		}
		if failed++; failed <= mostFailed {
			b.WriteString(a.failure(&steps[i]))
		}
	}
	if failed > mostFailed {
		fmt.Fprintf(&b, "  and %d more\n", failed-mostFailed)
	}
	if e, ok := errors.AsType[*dagster.RunError](err); ok && e.Cause != nil {
		fmt.Fprintf(&b, "  %s\n", fold(e.Cause.Error()))
	}
	id := res.RunID()
	fmt.Fprintf(&b, "\nMore:   %s\n", a.command("run", "show", id))
	if err != nil {
		fmt.Fprintf(&b, "Retry:  %s\n", a.command("run", "retry", id, "--from-failure"))
	}
	return b.String()
}

// mostLines is how many lines of an error a summary shows.
const mostLines = 8

func (a *app) failure(s *dagster.StepResult) string {
	attempts := ""
	if s.Attempts > 1 {
		attempts = fmt.Sprintf(" (attempt %d)", s.Attempts)
	}
	text := "unknown"
	if s.Err != nil {
		text = storage.NewError(s.Err).Message // an Error method may panic
	}
	lines := strings.Split(strings.TrimSpace(clean(text)), "\n")
	for i, l := range lines {
		lines[i] = screen().Truncate(l, most, "…")
	}
	if len(lines) > mostLines {
		lines = append(lines[:mostLines], fmt.Sprintf("... %d lines more", len(lines)-mostLines))
	}
	name := a.style.paint(red, clean(stepTitle(s)))
	return "  " + name + attempts + ": " + strings.Join(lines, "\n    ") + "\n"
}

// countText says how many steps ended how.
func countText(steps []dagster.StepResult) string {
	counts := make(map[executor.StepStatus]int)
	for i := range steps {
		counts[steps[i].Status]++
	}
	var parts []string
	for _, p := range []struct {
		status executor.StepStatus
		what   string
	}{
		{executor.StepSucceeded, "succeeded"},
		{executor.StepFailed, "failed"},
		{executor.StepCanceled, "canceled"},
		{executor.StepSkipped, "skipped"},
		{executor.StepNotRun, "not run"},
	} {
		if n := counts[p.status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

func statusColor(s storage.RunStatus) color {
	switch s {
	case storage.RunSucceeded:
		return green
	case storage.RunFailed:
		return red
	case storage.RunCanceled, storage.RunCanceling:
		return yellow
	case storage.RunNotStarted, storage.RunQueued, storage.RunStarting, storage.RunStarted:
		return cyan
	}
	return plain
}

// stepTitle names a step by what it makes, if that is one asset.
func stepTitle(s *dagster.StepResult) string {
	if len(s.Assets) == 1 {
		return s.Assets[0]
	}
	return s.Key
}
