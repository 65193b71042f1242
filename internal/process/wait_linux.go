package process

import (
	"context"
	"os"
	"syscall"
	"time"
)

// Numbers of system calls that package syscall lacks; they are the same on all processors.
const (
	sysPidfdSendSignal = 424
	sysPidfdOpen       = 434
)

// Handle holds on to one process: what is done with it never reaches another that got its number.
type Handle struct {
	pid  int
	file *os.File // nil where the kernel has no such thing: before 5.10
}

// Open returns a handle of the process that has the number now. It returns an error wrapping [os.ErrNotExist] if there is none.
func Open(pid int) (*Handle, error) {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), syscall.O_NONBLOCK, 0)
	switch {
	case errno == 0:
		syscall.CloseOnExec(int(fd))
		return &Handle{pid: pid, file: os.NewFile(fd, "pidfd")}, nil
	case errno == syscall.ESRCH:
		return nil, gone(errno)
	case !Exists(pid):
		return nil, os.ErrNotExist
	default:
		return &Handle{pid: pid}, nil
	}
}

// Close lets go of the process.
func (h *Handle) Close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}

// Signal sends the process a signal. It returns an error wrapping [os.ErrNotExist] if it is gone.
func (h *Handle) Signal(s syscall.Signal) error {
	if h.file == nil {
		return gone(syscall.Kill(h.pid, s))
	}
	conn, err := h.file.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if err := conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(sysPidfdSendSignal, fd, uintptr(s), 0, 0, 0, 0)
	}); err != nil {
		return err
	}
	if errno != 0 {
		return gone(errno)
	}
	return nil
}

// Wait returns when the process has ended, although nobody asked how, or with ctx's error. It costs no thread.
func (h *Handle) Wait(ctx context.Context) error {
	if h.file == nil {
		return h.poll(ctx)
	}
	if err := h.file.SetReadDeadline(time.Time{}); err != nil {
		return h.poll(ctx) // no poller takes it
	}
	conn, err := h.file.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = h.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.Read(func(uintptr) bool { return ended(h.pid) }); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	return nil
}

// poll is for kernels without handles.
func (h *Handle) poll(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ended(h.pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ended reports whether no process has the number, or one that is only waiting to be asked.
func ended(pid int) bool {
	s, err := readStat(pid)
	return err != nil || s.state == 'Z' || s.state == 'X'
}
