//go:build unix

package process

import (
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Start starts a command as the leader of a group of its own, and gives up what the standard library keeps of it: it is for [Wait]
// to see its end. Its number stays its own until [Reap].
func Start(cmd *exec.Cmd) (pid int, err error) {
	Lead(cmd)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid = cmd.Process.Pid
	return pid, cmd.Process.Release()
}

// Lead makes a command the leader of a group of its own.
func Lead(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// Reap asks how a child of this process ended, after [Wait] said that it has, and gives its number back. It returns false if
// it is no child of this one: then nobody but its parent learns.
func Reap(pid int) (Exit, bool) {
	var status syscall.WaitStatus
	var used syscall.Rusage
	for {
		got, err := syscall.Wait4(pid, &status, 0, &used)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil || got != pid:
			return Exit{}, false
		}
		return exitOf(status, &used), true
	}
}

func exitOf(status syscall.WaitStatus, used *syscall.Rusage) Exit {
	e := Exit{Code: status.ExitStatus(), MaxRSS: int64(used.Maxrss)} //nolint:unconvert // it has 32 bits on some systems
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {           // where it is in bytes
		e.MaxRSS <<= 10
	}
	e.CPU = time.Duration(used.Utime.Nano() + used.Stime.Nano())
	if status.Signaled() {
		e.Code, e.Signal = -1, SignalName(int(status.Signal()))
	}
	return e
}

// Exists reports whether a process has the number, ended or not.
func Exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// SignalGroup sends a signal to all processes of a group. That there is none is no error.
func SignalGroup(group int, s syscall.Signal) error {
	if err := syscall.Kill(-group, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
