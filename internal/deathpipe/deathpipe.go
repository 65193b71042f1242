//go:build unix

// Package deathpipe ends processes when the one that started them is gone, however that ended: killed, crashed, or just over.
//
// A process holds the end of a pipe that nobody ever writes to, and those that it starts the other: that reads as
// ended when no process holds the first any more. Unlike the death signal of Linux, which follows the thread that started
// the process, it depends on nothing but the process.
package deathpipe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// fdVar says which descriptor of a process is its end of the pipe.
const fdVar = "DAGSTER_DEATH_FD"

// Pipe is the pipe of a process that starts others. Any number of them may hang on it.
type Pipe struct{ theirs, ours *os.File }

// New returns a pipe that ends with this process, or when it is closed.
func New() (*Pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make death pipe: %w", err)
	}
	return &Pipe{r, w}, nil
}

// Attach makes a command, which must not have been started, end with this process, provided that it calls [Watch].
func (p *Pipe) Attach(cmd *exec.Cmd) {
	cmd.ExtraFiles = append(cmd.ExtraFiles, p.theirs)
	env := cmd.Environ()
	for i := range env {
		if strings.HasPrefix(env[i], fdVar+"=") {
			env[i] = "_=" // the one of this process is none of the command's
		}
	}
	cmd.Env = append(env, fdVar+"="+strconv.Itoa(2+len(cmd.ExtraFiles)))
}

// Close ends what hangs on the pipe.
func (p *Pipe) Close() error { return errors.Join(p.ours.Close(), p.theirs.Close()) }

// Watch calls then when whoever started this process is gone: see [Die]. Without a pipe it does nothing. What this process starts does
// not get the pipe. After the function that it returns nothing is called any more.
func Watch(then func()) (stop func(), err error) {
	text, ok := os.LookupEnv(fdVar)
	if !ok {
		return func() {}, nil
	}
	fd, err := strconv.Atoi(text)
	if err == nil && fd < 3 {
		err = errors.New("it is a standard stream")
	}
	if err = errors.Join(err, os.Unsetenv(fdVar)); err != nil {
		return nil, fmt.Errorf("watch death pipe %q: %w", text, err)
	}
	syscall.CloseOnExec(fd)
	// Whether reads wait is common to all that hang on the pipe, so none can have a read that takes a deadline. The thread
	// that waits is left behind, as there is no other way to wake it up.
	if err := syscall.SetNonblock(fd, false); err != nil {
		return nil, fmt.Errorf("watch death pipe %q: %w", text, err)
	}
	var stopped atomic.Bool
	go func() {
		for {
			_, err := syscall.Read(fd, make([]byte, 1))
			if !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		if !stopped.Load() {
			then()
		}
	}()
	return func() { stopped.Store(true) }, nil
}

// Die kills this process, and its group if it leads one.
func Die() {
	pid := os.Getpid()
	if syscall.Getpgrp() == pid {
		pid = -pid
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
