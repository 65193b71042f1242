package storage

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxRunID is the length of the longest run ID: a UUID has 36 characters, other writers' IDs a few more.
const maxRunID = 128

// CanTransition reports whether a run may go from one status to another. From an ended run it may go nowhere.
func CanTransition(from, to RunStatus) bool { return slices.Contains(next(from), to) }

// next is the table of transitions. STARTING and STARTED lead to themselves: the run is launched anew, or resumed.
func next(from RunStatus) []RunStatus {
	switch from {
	case RunNotStarted:
		return []RunStatus{RunQueued, RunStarting, RunFailed, RunCanceled}
	case RunQueued:
		return []RunStatus{RunStarting, RunFailed, RunCanceled}
	case RunStarting:
		return []RunStatus{RunQueued, RunStarting, RunStarted, RunCanceling, RunFailed}
	case RunStarted:
		return []RunStatus{RunStarted, RunCanceling, RunSucceeded, RunFailed}
	case RunCanceling:
		return []RunStatus{RunFailed, RunCanceled}
	default:
		return nil
	}
}

// Apply returns r after t: the one function through which every store changes a run. It fails with [ErrConflict] if
// r is not what t expects, then with [ErrIllegalTransition] if no run may change so, and returns r as it was.
func Apply(r Run, t Transition) (Run, error) {
	if r.Status != t.From || r.Epoch != t.Epoch {
		return r, fmt.Errorf("run %q is %s in epoch %d, not %s in epoch %d: %w",
			r.ID, r.Status, r.Epoch, t.From, t.Epoch, ErrConflict)
	}
	if !CanTransition(t.From, t.To) {
		return r, fmt.Errorf("run %q from %s to %s: %w", r.ID, t.From, t.To, ErrIllegalTransition)
	}
	target := cmp.Or(t.Target, RunCanceled)
	if t.To == RunCanceling && !CanTransition(RunCanceling, target) {
		return r, fmt.Errorf("run %q to %s in order to end as %s: %w", r.ID, t.To, target, ErrIllegalTransition)
	}
	if t.From == RunCanceling && t.To != r.CancelTarget {
		return r, fmt.Errorf("run %q to %s: it is to end as %s: %w", r.ID, t.To, r.CancelTarget, ErrIllegalTransition)
	}
	return change(r, t, target), nil
}

// change does what t says; t is known to be legal.
func change(r Run, t Transition, target RunStatus) Run {
	at := t.At.UTC().Round(0)
	for _, before := range []time.Time{r.Created, r.Enqueued, r.Launched, r.Started} {
		if before.After(at) {
			at = before
		}
	}
	requeued := t.From == RunStarting && t.To == RunQueued
	if t.Fence || t.From == t.To || requeued {
		r.Epoch++ // a worker that was given up may still live
	}
	if requeued {
		r.Worker = ""
	}
	switch t.To {
	case RunQueued:
		r.Enqueued = at
	case RunStarting:
		r.Launched = at
	case RunStarted:
		if r.Started.IsZero() {
			r.Started = at
		}
	case RunCanceling:
		r.CancelTarget, r.CancelReason, r.CancelBy = target, bounded(t.Reason), t.CancelBy.UTC().Round(0)
	case RunFailed:
		r.Error = bounded(cmp.Or(t.Error, r.CancelReason))
	default:
	}
	if t.To.Terminal() {
		r.Ended = at
	}
	r.Worker = cmp.Or(t.Worker, r.Worker)
	r.Status = t.To
	return r
}

// Prepare returns r as [RunStore].CreateRun stores it, defaults filled in, or an error that names what no new run may
// have. Every store calls it.
func Prepare(r Run, now time.Time) (Run, error) {
	r.Status = cmp.Or(r.Status, RunNotStarted)
	if r.Created.IsZero() {
		r.Created = now
	}
	r.Created = r.Created.UTC().Round(0)
	r.Enqueued, r.Launched = time.Time{}, time.Time{}
	switch r.Status {
	case RunQueued:
		r.Enqueued = r.Created
	case RunStarting:
		r.Launched = r.Created
	default:
	}
	if len(r.Tags) == 0 {
		r.Tags = nil
	}
	if len(r.Config) == 0 {
		r.Config = nil
	}
	r.Assets, r.Steps = orNil(r.Assets), orNil(r.Steps)
	if err := checkNew(r); err != nil {
		return Run{}, fmt.Errorf("create run %.140q: %w", r.ID, err)
	}
	return r, nil
}

// orNil keeps an empty list and no list from being told apart, which not every store can.
func orNil(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}

func checkNew(r Run) error {
	switch {
	case r.ID == "":
		return errors.New("it has no ID")
	case len(r.ID) > maxRunID:
		return fmt.Errorf("its ID is longer than %d bytes", maxRunID)
	case !utf8.ValidString(string(r.ID)) || strings.ContainsFunc(string(r.ID), unicode.IsControl):
		return errors.New("its ID is not printable")
	case r.Status != RunNotStarted && r.Status != RunQueued && r.Status != RunStarting:
		return fmt.Errorf("a run is not created %s", r.Status)
	case r.Epoch < 0:
		return fmt.Errorf("epoch %d is below 0", r.Epoch)
	case !r.Started.IsZero() || !r.Ended.IsZero() || r.Error != "" || r.CancelTarget != "" || r.CancelReason != "" ||
		!r.CancelBy.IsZero():
		return errors.New("it says how it went before it was there")
	case len(r.Config) > 0 && !json.Valid(r.Config):
		return fmt.Errorf("its config is %w", errNotJSON)
	}
	return checkText(r)
}

// checkText refuses text that some stores could not give back.
func checkText(r Run) error {
	texts := append([]string{r.Repository, r.Job, r.Worker, string(r.Parent), string(r.Root)}, r.Assets...)
	texts = append(texts, r.Steps...)
	for k, v := range r.Tags {
		texts = append(texts, k, v)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%.40q is not UTF-8", s)
		}
	}
	return nil
}
