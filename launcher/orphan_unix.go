//go:build unix

package launcher

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/storage"
)

// Orphans looks through all processes of the machine.
func (p *Process) Orphans(ctx context.Context, keep func(storage.RunID) bool) ([]Orphan, error) {
	var found []Orphan
	err := p.Adopt(ctx) // so that all workers are known
	if err == nil {
		err = process.Marked(InstanceVar, p.config.Instance, func(pid int, lookup func(string) (string, bool)) {
			if o, ok := p.orphan(pid, lookup); ok && (!keep(o.Run) || !p.wanted(o)) {
				found = append(found, o)
			}
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list orphans: %w", err)
	}
	return found, nil
}

// orphan says whose a process is. One that waits for a run is nobody's.
func (p *Process) orphan(pid int, lookup func(string) (string, bool)) (Orphan, bool) {
	if run, ok := lookup(RunVar); ok {
		text, _ := lookup(EpochVar)
		epoch, _ := strconv.ParseInt(text, 10, 64)
		return Orphan{pid, storage.RunID(run), epoch}, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		if started(w) && w.id.PID == pid {
			return Orphan{pid, w.run, w.epoch}, true
		}
	}
	return Orphan{}, false
}

// wanted reports whether a process is of a run that has a worker, and not of an earlier one.
func (p *Process) wanted(o Orphan) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.workers[o.Run]
	return w != nil && (o.Epoch == 0 || w.epoch <= o.Epoch)
}

func started(w *worker) bool {
	select {
	case <-w.settled:
		return w.err == nil
	default:
		return false
	}
}

// Reap sends SIGKILL, unless the process that was found has ended: one that got its number since is left alone.
func (p *Process) Reap(ctx context.Context, o Orphan) (bool, error) {
	gone, err := process.End(ctx, o.PID, func() bool {
		mine := process.IsMarked(o.PID, InstanceVar, p.config.Instance)
		if process.IsMarked(o.PID, RunVar, string(o.Run)) {
			return mine
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		w := p.workers[o.Run]
		return mine && w != nil && started(w) && w.id.PID == o.PID
	})
	if err != nil {
		return false, fmt.Errorf("kill process %d of run %q: %w", o.PID, o.Run, err)
	}
	return gone, nil
}

// sweep kills what a worker, or one of an earlier epoch, has left outside of its group, and returns what it can't kill.
func (p *Process) sweep(ctx context.Context, run storage.RunID, epoch int64) (left []int) {
	return process.Sweep(ctx, RunVar, string(run), func(lookup func(string) (string, bool)) bool {
		if instance, _ := lookup(InstanceVar); instance != p.config.Instance {
			return false
		}
		text, _ := lookup(EpochVar)
		other, err := strconv.ParseInt(text, 10, 64)
		return err != nil || other <= epoch
	})
}

// ignore is err unless it is the one that is none.
func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}
