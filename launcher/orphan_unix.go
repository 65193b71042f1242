//go:build unix

package launcher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

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
	gone, err := end(ctx, o.PID, func() bool {
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

// sweep kills what a worker, or one of an earlier epoch, has left outside of its group, and returns what it can't kill. Those that it
// kills may have started others meanwhile, so it looks until there are none.
func (p *Process) sweep(ctx context.Context, run storage.RunID, epoch int64) (left []int) {
	for range 5 {
		pids := p.remains(run, epoch)
		if len(pids) == 0 {
			return nil
		}
		left = nil
		for _, pid := range pids {
			gone, err := end(ctx, pid, func() bool { return process.IsMarked(pid, RunVar, string(run)) })
			if err != nil || !gone {
				left = append(left, pid)
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return left
}

// remains returns the processes of a run that are not a later worker's.
func (p *Process) remains(run storage.RunID, epoch int64) (pids []int) {
	_ = process.Marked(RunVar, string(run), func(pid int, lookup func(string) (string, bool)) {
		if instance, _ := lookup(InstanceVar); instance != p.config.Instance {
			return
		}
		text, _ := lookup(EpochVar)
		if other, err := strconv.ParseInt(text, 10, 64); err != nil || other <= epoch {
			pids = append(pids, pid)
		}
	})
	return pids
}

// killTime is how long a process that was killed is waited for. It ends at once, unless it hangs in the kernel.
const killTime = time.Second

// end kills the process that has a number, if it is still the one that is meant, and reports whether it is gone.
func end(ctx context.Context, pid int, meant func() bool) (gone bool, err error) {
	h, err := process.Open(pid)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	defer h.Close()
	if !meant() {
		return true, nil
	}
	if err := h.Signal(syscall.SIGKILL); err != nil {
		return errors.Is(err, os.ErrNotExist), ignore(err, os.ErrNotExist)
	}
	ctx, cancel := context.WithTimeout(ctx, killTime)
	defer cancel()
	return h.Wait(ctx) == nil, nil
}

// ignore is err unless it is the one that is none.
func ignore(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}
