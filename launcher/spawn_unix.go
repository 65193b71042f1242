//go:build unix

package launcher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dagster-go/dagster/internal/process"
)

// startLog has what a worker printed before it kept its own logs.
const startLog = "start.log"

// begin starts the process of a worker, records it and tells it what to do, in this order: a worker that was not recorded has no
// work, and ends when whoever started it does.
func (p *Process) begin(ctx context.Context, q Request, w *worker) error {
	if _, err := fileOf(q.Run); err != nil {
		return err
	}
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return fmt.Errorf("wait for other launches: %w", ctx.Err())
	}
	w.logs = p.makeLogs(q)
	c := p.pool.take(w.logs)
	if c == nil {
		var err error
		if c, err = p.spawn(ctx, q, p.openStart(q, w.logs)); err != nil {
			return err
		}
	}
	if err := p.hand(ctx, q, w, c); err != nil {
		c.kill()
		return errors.Join(err, p.records.remove(q.Run, c.id))
	}
	w.id, w.handle = c.id, c.handle
	return nil
}

// hand makes a process the worker of a run.
func (p *Process) hand(ctx context.Context, q Request, w *worker, c *child) error {
	err := p.records.write(&record{Run: q.Run, Epoch: q.Epoch, Logs: w.logs, ID: c.id})
	if err != nil {
		return err
	}
	return c.tell(ctx, Work{Request: q, Logs: w.logs, MaxLogBytes: p.config.MaxLogBytes})
}

// makeLogs makes the folder for a worker's logs, and returns its path: none if it can't be made, which hinders no run.
func (p *Process) makeLogs(q Request) string {
	if p.config.Logs == "" {
		return ""
	}
	name := filepath.Join(string(q.Run), strconv.FormatInt(q.Epoch, 10))
	err := os.MkdirAll(p.config.Logs, 0o700)
	if err == nil {
		err = within(p.config.Logs, func(r *os.Root) error { return r.MkdirAll(name, 0o700) })
	}
	if err != nil {
		p.config.Warn(q.Run, fmt.Errorf("make folder for logs: %w", err))
		return ""
	}
	path, err := filepath.Abs(filepath.Join(p.config.Logs, name))
	if err != nil {
		p.config.Warn(q.Run, fmt.Errorf("make folder for logs: %w", err))
		return ""
	}
	return path
}

// within calls f with a folder that it can't leave.
func within(dir string, f func(*os.Root) error) error {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r)
}

// spawn starts a process that waits to be told what to do, and prints to out, which is closed here.
func (p *Process) spawn(ctx context.Context, q Request, out *os.File) (*child, error) {
	defer out.Close()
	line, theirs, err := newLine()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command(p.config.Path, p.config.Args(q)...) //nolint:gosec,noctx // what the owner of the process configured; it outlives every context
	cmd.Dir, cmd.Env = p.config.Dir, p.environment(q)
	cmd.Stdin = theirs
	if out != nil {
		cmd.Stdout, cmd.Stderr = out, out
	}
	c, err := start(ctx, func() (*child, error) { return startChild(cmd, line) }, (*child).kill)
	if err != nil {
		return nil, fmt.Errorf("start %q: %w", p.config.Path, errors.Join(process.Cause(err), line.Close()))
	}
	return c, nil
}

// openStart opens what a worker prints to until it keeps its own logs. Nil stands for nowhere.
func (p *Process) openStart(q Request, logs string) (f *os.File) {
	if logs == "" {
		return nil
	}
	err := within(logs, func(r *os.Root) (err error) {
		f, err = r.OpenFile(startLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		return err
	})
	if err != nil {
		p.config.Warn(q.Run, fmt.Errorf("open log: %w", err))
	}
	return f
}

// environment is what a worker sees. A zero request is that of a process that has no run yet.
func (p *Process) environment(q Request) []string {
	env := make([]string, 0, 64)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name != InstanceVar && name != RunVar && name != EpochVar && name != warmVar {
			env = append(env, e)
		}
	}
	env = append(append(env, p.config.Env...), InstanceVar+"="+p.config.Instance)
	if q.Run == "" {
		return append(env, warmVar+"=1")
	}
	return append(env, RunVar+"="+string(q.Run), EpochVar+"="+strconv.FormatInt(q.Epoch, 10))
}

// child is a process that was started and has not been told what to do, or is being told.
type child struct {
	id     process.ID
	handle *process.Handle
	line   *os.File // to its standard input
}

// startChild starts cmd.
func startChild(cmd *exec.Cmd, line *os.File) (*child, error) {
	pid, err := process.Start(cmd)
	if err != nil {
		return nil, err
	}
	c := &child{id: process.ID{PID: pid}, line: line}
	// It can't be gone before it was reaped, so there is no other reason than that the system knows no identities.
	if id, err := process.Identify(pid); err == nil {
		c.id = id
	}
	c.handle, err = process.Open(pid)
	if err != nil {
		c.kill()
		return nil, fmt.Errorf("watch process %d: %w", pid, err)
	}
	return c, nil
}

// tell says what to do, and hangs up. That the process has ended meanwhile is no error: whoever watches it sees how.
func (c *child) tell(ctx context.Context, w Work) error {
	text, err := encode(w)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.line.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err = c.line.Write(text)
	err = ignore(ignore(err, syscall.EPIPE), syscall.ECONNRESET)
	if err = errors.Join(err, c.line.Close()); err != nil {
		return fmt.Errorf("tell process %d what to do: %w", c.id.PID, err)
	}
	return nil
}

// kill ends a process that has no work. It waits for it, which takes no time.
func (c *child) kill() {
	_ = c.line.Close()
	_ = process.SignalGroup(c.id.PID, syscall.SIGKILL)
	process.Reap(c.id.PID)
	if c.handle != nil {
		_ = c.handle.Close()
	}
}
