//go:build unix

package subprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/deathpipe"
	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/storage"
)

// stepVar marks the process of an attempt, and whatever it starts.
const stepVar = "DAGSTER_STEP"

// Worker runs each attempt in a process of its own, which ends when this process does. It is an [executor.Worker] for
// [executor.Engine], which decides what follows.
//
// It exists on Unix systems only; finding what left the group of a step's process, and telling an end by lack of memory apart, need Linux.
//
// An attempt fails with an [ExitError] if its process ended without saying how the step did, with a [StepError] if it said
// that the step failed, and with an error that names the program if there was no process.
type Worker struct {
	config Config
	pipe   *deathpipe.Pipe
	deaths *process.Deaths
}

var (
	_ executor.Worker = (*Worker)(nil)
	_ executor.Ender  = (*Worker)(nil)
)

// New returns a worker. Close it when the run is done.
func New(c Config) (*Worker, error) {
	if c.Logs == nil {
		c.Logs = func(Call) string { return "" }
	}
	if c.Grace <= 0 {
		c.Grace = 10 * time.Second
	}
	if c.WaitDelay <= 0 {
		c.WaitDelay = 5 * time.Second
	}
	p, err := deathpipe.New()
	if err != nil {
		return nil, fmt.Errorf("new worker of processes: %w", err)
	}
	return &Worker{config: c, pipe: p, deaths: process.NewDeaths()}, nil
}

// Close kills what still runs.
func (w *Worker) Close() error { return w.pipe.Close() }

// StepEnded tells Config.Ended.
func (w *Worker) StepEnded(ctx context.Context, t *executor.Task, o executor.Outcome, end executor.AttemptEnd) {
	if w.config.Ended != nil {
		w.config.Ended.StepEnded(ctx, t, o, end)
	}
}

// RunStep starts a process and returns when it has ended, however it did.
func (w *Worker) RunStep(ctx context.Context, t *executor.Task) executor.Outcome {
	call := newCall(&w.config, t)
	call.Logs = w.config.Logs(call)
	a := &attempt{Worker: w, task: t, mark: path.Join(string(call.Run), call.Key, strconv.Itoa(call.Attempt), strconv.FormatInt(call.Epoch, 10))}
	if err := a.start(call); err != nil {
		return executor.Outcome{Err: err}
	}
	return a.wait(ctx)
}

// attempt is one process.
type attempt struct {
	*Worker

	task   *executor.Task
	mark   string
	pid    int
	handle *process.Handle
	heard  *hearing
	done   sync.WaitGroup // what talks and listens
	killed bool

	mu   sync.Mutex
	over bool // its process has ended, and its number may be another's soon
}

// signal sends a signal to the process and its group, as long as they are that.
func (a *attempt) signal(s syscall.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		_ = process.SignalGroup(a.pid, s)
	}
}

// start starts the process and what talks with it.
func (a *attempt) start(call Call) error {
	text, err := json.Marshal(call)
	if err != nil {
		return fmt.Errorf("call step: %w", err)
	}
	cmd := a.config.Command(call)
	theirIn, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start %q: %w", cmd.Path, err)
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return fmt.Errorf("start %q: %w", cmd.Path, err)
	}
	defer theirOut.Close()
	a.equip(cmd, theirIn, theirOut)
	a.pid, err = process.Start(cmd)
	if err == nil {
		a.handle, err = process.Open(a.pid)
	}
	if err != nil {
		_, _ = in.Close(), out.Close()
		if a.pid != 0 {
			_ = process.SignalGroup(a.pid, syscall.SIGKILL)
			process.Reap(a.pid)
		}
		return fmt.Errorf("start %q: %w", cmd.Path, process.Cause(err))
	}
	a.heard = &hearing{out: out, emit: a.task.Emit, wrong: func() { a.signal(syscall.SIGKILL) }}
	a.done.Go(a.heard.listen)
	a.done.Go(func() {
		_, _ = in.Write(append(text, '\n')) // one that doesn't listen ends, and is seen to
		_ = in.Close()
	})
	return nil
}

// equip gives the process what it needs of this one.
func (a *attempt) equip(cmd *exec.Cmd, in, out *os.File) {
	cmd.Stdin = in
	if cmd.Stdout == nil {
		cmd.Stdout = os.Stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	cmd.ExtraFiles = append([]*os.File{out}, cmd.ExtraFiles...)
	cmd.Env = append(cmd.Environ(), stepVar+"="+a.mark)
	a.pipe.Attach(cmd)
}

// wait waits for the end of the process and says how the attempt ended. The process's group, and what left it, are gone then.
func (a *attempt) wait(ctx context.Context) executor.Outcome {
	stopping := context.AfterFunc(ctx, func() {
		a.signal(syscall.SIGTERM)
		a.signal(syscall.SIGCONT) // one that is stopped sees it only then
	})
	whole := context.WithoutCancel(ctx)
	if a.handle.Wait(ctx) != nil {
		grace, cancel := context.WithTimeout(whole, a.config.Grace)
		if a.handle.Wait(grace) != nil {
			a.killed = true
			a.signal(syscall.SIGKILL)
			_ = a.handle.Wait(whole)
		}
		cancel()
	}
	stopping()
	_ = a.handle.Close()
	exit := a.reap()
	_ = a.heard.out.SetReadDeadline(time.Now().Add(a.config.WaitDelay))
	a.done.Wait()
	_ = a.heard.out.Close()
	a.task.Emit(storage.Event{
		Kind: storage.EngineEvent, Message: fmt.Sprintf("process %d %s", a.pid, exit),
		Data: &storage.LogData{Level: "debug", Fields: used(exit.CPU, exit.MaxRSS)},
	})
	if exit.Code != 0 || ctx.Err() != nil {
		process.Sweep(whole, stepVar, a.mark, func(func(string) (string, bool)) bool { return true })
	}
	return a.outcome(exit)
}

// reap kills what the process left in its group, and asks how it ended.
func (a *attempt) reap() process.Exit {
	a.signal(syscall.SIGKILL)
	a.mu.Lock()
	a.over = true
	a.mu.Unlock()
	exit, _ := process.Reap(a.pid)
	return exit
}

// outcome is what the process said, or what its end says where it said nothing.
func (a *attempt) outcome(exit process.Exit) executor.Outcome {
	switch {
	case a.heard.err != nil:
		return executor.Outcome{Err: fmt.Errorf("read what the step's process says: %w", a.heard.err)}
	case a.heard.outcome != nil:
		return *a.heard.outcome
	}
	e := &ExitError{Code: exit.Code, Signal: exit.Signal, CPU: exit.CPU, MaxRSS: exit.MaxRSS, Killed: a.killed && exit.Signal == "SIGKILL"}
	e.OOM = exit.Signal == "SIGKILL" && !a.killed && a.deaths.Take()
	return executor.Outcome{Err: e}
}
