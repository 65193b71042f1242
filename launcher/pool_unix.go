//go:build unix

package launcher

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// pool keeps processes that have started and wait for a run.
type pool struct {
	*Process

	need chan struct{} // has room for one: a process is missing
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	waiting []*waiting
	closed  bool
	serial  int
}

// waiting is a process of a pool.
type waiting struct {
	*child

	log   string // what it prints goes there, within the folder for logs; empty for nowhere
	ready bool   // it has said so; guarded by pool.mu
}

const (
	firstPause = time.Second // before a process is started in place of one that did not become ready; doubled each time
	lastPause  = time.Minute
)

func newPool(p *Process) *pool {
	l := &pool{Process: p, need: make(chan struct{}, 1), stop: make(chan struct{})}
	if p.config.Warm > 0 {
		l.need <- struct{}{}
		l.done.Go(l.fill)
	}
	return l
}

// fill starts processes whenever some are missing.
func (l *pool) fill() {
	pause := firstPause
	for {
		select {
		case <-l.need:
		case <-l.stop:
			return
		}
		for l.missing() {
			c, err := l.add()
			if err == nil && l.attend(c) {
				pause = firstPause
				continue
			}
			if err != nil && !errors.Is(err, ErrClosed) {
				l.config.Warn("", fmt.Errorf("keep a process ready: %w", err))
			}
			select {
			case <-time.After(pause):
				pause = min(2*pause, lastPause)
			case <-l.stop:
				return
			}
		}
	}
}

func (l *pool) missing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.closed && len(l.waiting) < l.config.Warm
}

// add starts one process.
func (l *pool) add() (*waiting, error) {
	l.mu.Lock()
	l.serial++
	w := &waiting{log: fmt.Sprintf(".waiting-%d-%d.log", os.Getpid(), l.serial)}
	l.mu.Unlock()
	var out *os.File
	if l.config.Logs == "" || os.MkdirAll(l.config.Logs, 0o700) != nil || within(l.config.Logs, func(r *os.Root) (err error) {
		out, err = r.OpenFile(w.log, os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_WRONLY, 0o600)
		return err
	}) != nil {
		w.log = ""
	}
	var err error
	if w.child, err = l.spawn(l.life, Request{}, out); err != nil {
		return nil, errors.Join(err, l.forget(w))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		w.kill()
		return nil, errors.Join(ErrClosed, l.forget(w))
	}
	l.waiting = append(l.waiting, w)
	return w, nil
}

// attend waits until a process is ready, and goes on to see whether it ends. It returns false if it ended before.
func (l *pool) attend(w *waiting) bool {
	b := make([]byte, 1)
	if _, err := w.line.Read(b); err != nil {
		l.lose(w)
		return false
	}
	l.mu.Lock()
	w.ready = true
	l.mu.Unlock()
	l.done.Go(func() {
		if _, err := w.line.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			l.lose(w)
		}
	})
	return true
}

// lose gives up a process that has ended, unless it was taken or the pool is closed.
func (l *pool) lose(w *waiting) {
	l.mu.Lock()
	n := len(l.waiting)
	l.waiting = slices.DeleteFunc(l.waiting, func(o *waiting) bool { return o == w })
	lost := len(l.waiting) < n
	l.mu.Unlock()
	if !lost {
		return
	}
	w.kill()
	said := ""
	if w.log != "" {
		said = tail(l.config.Logs, w.log, 4<<10)
	}
	l.config.Warn("", errors.Join(
		fmt.Errorf("process %d ended before it had a run: %s", w.id.PID, strings.TrimSpace(said)), l.forget(w)))
	l.ask()
}

// ask says that a process is missing.
func (l *pool) ask() {
	select {
	case l.need <- struct{}{}:
	default: // it was said
	}
}

// forget removes what a process without a run has printed.
func (l *pool) forget(w *waiting) error {
	if w.log == "" {
		return nil
	}
	return within(l.config.Logs, func(r *os.Root) error { return r.Remove(w.log) })
}

// take returns a process that is ready, for a run whose folder for logs is given; nil if there is none.
func (l *pool) take(logs string) *child {
	for {
		l.mu.Lock()
		i := slices.IndexFunc(l.waiting, func(w *waiting) bool { return w.ready })
		if l.closed || i < 0 {
			l.mu.Unlock()
			return nil
		}
		w := l.waiting[i]
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.mu.Unlock()
		l.ask()
		_ = w.line.SetReadDeadline(time.Unix(1, 0)) // no one attends to it any more
		if alive, err := w.id.Alive(); err == nil && !alive {
			w.kill()
			_ = l.forget(w)
			continue
		}
		l.move(w, logs)
		return w.child
	}
}

// move puts what a process has printed where the worker that it becomes has its logs.
func (l *pool) move(w *waiting, logs string) {
	if w.log == "" || logs == "" {
		return
	}
	err := within(l.config.Logs, func(r *os.Root) error {
		dir, err := filepath.Abs(l.config.Logs)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, filepath.Join(logs, startLog))
		if err != nil {
			return err
		}
		return r.Rename(w.log, name)
	})
	if err != nil {
		l.config.Warn("", fmt.Errorf("move log: %w", err))
	}
}

// close ends the processes that wait.
func (l *pool) close() {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	all := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	if first {
		close(l.stop)
	}
	for _, w := range all {
		_ = w.line.SetReadDeadline(time.Unix(1, 0))
		w.kill()
		_ = l.forget(w)
	}
	l.done.Wait()
}
