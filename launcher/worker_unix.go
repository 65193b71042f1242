//go:build unix

package launcher

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/storage"
)

// worker is one process that executes a run.
type worker struct {
	run   storage.RunID
	epoch int64

	settled chan struct{} // closed when it was started, or was not; what follows is set then
	err     error         // why it was not
	id      process.ID
	handle  *process.Handle
	logs    string // its folder; empty for none

	elsewhere bool // on another machine
	ended     chan struct{}

	asked    bool // guarded by Process.mu like what follows
	killed   bool
	over     bool // its process has ended, and its number may be another's soon
	deadline time.Time
	timer    *time.Timer
}

func newWorker(run storage.RunID, epoch int64) *worker {
	return &worker{run: run, epoch: epoch, settled: make(chan struct{}), ended: make(chan struct{})}
}

// watch waits for the worker's end. p.mu is held.
func (p *Process) watch(w *worker) {
	p.done.Go(func() {
		defer w.handle.Close()
		if w.handle.Wait(p.life) != nil {
			return // closed
		}
		p.bury(w)
	})
}

// bury does what follows from the end of a worker.
func (p *Process) bury(w *worker) {
	// As long as nobody has asked how it ended its number, which is its group's too, can't be another's.
	_ = process.SignalGroup(w.id.PID, syscall.SIGKILL)
	p.mu.Lock()
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
	asked, killed := w.asked, w.killed
	p.mu.Unlock()

	end := End{Run: w.run, Epoch: w.epoch}
	if e, ok := process.Reap(w.id.PID); ok {
		end.Exit = &Exit{Code: e.Code, Signal: e.Signal, CPU: e.CPU, MaxRSS: e.MaxRSS, Asked: asked, Killed: killed && e.Signal == "SIGKILL"}
		end.Exit.OOM = e.Signal == "SIGKILL" && !killed && p.deaths.Take()
	}
	if end.Exit == nil || !end.Exit.Clean() || asked {
		end.Left = p.sweep(p.life, w.run, w.epoch)
	}
	if end.Exit != nil && !end.Exit.Clean() {
		end.Exit.Said = tail(w.logs, startLog, 4<<10)
	}
	if err := p.records.remove(w.run, w.id); err != nil {
		p.config.Warn(w.run, err)
	}
	p.mu.Lock()
	if p.workers[w.run] == w {
		delete(p.workers, w.run)
	}
	p.exits.add(w.run, w.epoch, end.Exit)
	p.mu.Unlock()
	defer close(w.ended)
	p.config.Exited(end)
}

// stop asks a worker to stop, and kills it after the grace. It returns false if it has ended.
func (p *Process) stop(w *worker, grace time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.over || w.elsewhere {
		return false
	}
	first := !w.asked
	w.asked = true
	if grace <= 0 {
		p.kill(w)
		return true
	}
	if first {
		_ = process.SignalGroup(w.id.PID, syscall.SIGTERM)
		_ = process.SignalGroup(w.id.PID, syscall.SIGCONT) // one that is stopped sees it only then
	}
	until := time.Now().Add(grace)
	switch {
	case p.closed || w.killed:
	case w.timer == nil:
		w.deadline = until
		w.timer = time.AfterFunc(grace, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if !p.closed {
				p.kill(w)
			}
		})
	case until.Before(w.deadline):
		w.deadline = until
		w.timer.Reset(grace)
	}
	return true
}

// kill ends the worker's group. p.mu is held.
func (p *Process) kill(w *worker) {
	if w.over {
		return
	}
	w.killed = true
	_ = process.SignalGroup(w.id.PID, syscall.SIGKILL)
}

// adopt takes over a worker that another launcher started; nil if it has ended, which is reported. p.mu is held.
func (p *Process) adopt(r *record) (*worker, error) {
	w := newWorker(r.Run, r.Epoch)
	w.id, w.logs = r.ID, r.Logs
	close(w.settled)
	alive, err := false, error(nil)
	if p.closed {
		return nil, ErrClosed
	}
	if r.Host == p.records.host {
		w.handle, alive, err = hold(w.id)
	}
	switch {
	case r.Host != p.records.host || errors.Is(err, process.ErrUnknown):
		w.elsewhere = true
		return w, nil
	case err != nil:
		return nil, err
	case !alive:
		p.lost(w)
		return nil, nil //nolint:nilnil // there is none, which is no mistake
	}
	p.workers[w.run] = w
	p.watch(w)
	return w, nil
}

// hold opens a process, if it lives.
func hold(id process.ID) (h *process.Handle, alive bool, err error) {
	if alive, err := id.Alive(); err != nil || !alive {
		return nil, false, err
	}
	h, err = process.Open(id.PID)
	if err != nil {
		return nil, false, ignore(err, os.ErrNotExist)
	}
	// What was opened could be another's that just got the number.
	alive, err = id.Alive()
	if err != nil || !alive {
		return nil, false, errors.Join(err, h.Close())
	}
	return h, true, nil
}

// lost reports a worker that has ended while nobody watched. p.mu is held.
func (p *Process) lost(w *worker) {
	if err := p.records.remove(w.run, w.id); err != nil {
		p.config.Warn(w.run, err)
		return
	}
	p.exits.add(w.run, w.epoch, nil)
	p.done.Go(func() {
		left := p.sweep(p.life, w.run, w.epoch)
		p.config.Exited(End{Run: w.run, Epoch: w.epoch, Left: left})
	})
}

// Adopt reads the home. A worker that is recorded on another machine is left alone.
func (p *Process) Adopt(ctx context.Context) error {
	return p.records.each(func(run storage.RunID) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		_, err := p.find(run)
		return err
	})
}

// tail returns the end of what a worker printed before it kept its own logs.
func tail(dir, name string, most int64) string {
	if dir == "" {
		return ""
	}
	var text []byte
	_ = within(dir, func(r *os.Root) error {
		f, err := r.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		text = make([]byte, min(most, info.Size()))
		n, err := f.ReadAt(text, info.Size()-int64(len(text)))
		text = text[:n]
		return err
	})
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
