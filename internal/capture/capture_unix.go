//go:build unix

package capture

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/dagster-go/dagster/internal/process"
)

// Start begins to keep what this process prints, and returns the function that ends it: it waits until all that this process has
// printed so far is written, but for nobody else who holds the streams, and then they are what they were before. A second call of it does
// nothing. If nothing can be kept, c.Warn is told and the streams stay as they are.
func Start(c Config) (stop func()) {
	var once sync.Once
	if err := c.fill(); err != nil {
		c.Warn(fmt.Errorf("capture output: %w", err))
		return func() {}
	}
	warn := c.Warn
	c.Warn = func(err error) { once.Do(func() { warn(fmt.Errorf("capture output: %w", err)) }) }
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		c.Warn(err)
		return func() {}
	}
	var taps []*tap
	for stream, file := range outputs() {
		t, err := newTap(c, root, stream, int(file.Fd()))
		if err != nil {
			c.Warn(err)
			continue
		}
		taps = append(taps, t)
	}
	return sync.OnceFunc(func() {
		for _, t := range taps {
			t.close()
		}
		_ = root.Close()
	})
}

// tap is the pipe that a stream of this process has become.
type tap struct {
	fd, before int // the stream, and what it was
	pipe       *os.File
	log        *log
	done       chan struct{}
}

const (
	setPipeSize = 1031    // F_SETPIPE_SZ of Linux
	pipeSize    = 1 << 20 // the most that everyone may have
)

// newTap makes a stream a pipe. The first file is there when it returns, so that a folder that can't be written changes nothing.
func newTap(c Config, root *os.Root, stream string, fd int) (*tap, error) {
	t := &tap{fd: fd, done: make(chan struct{})}
	t.log = &log{root: root, stream: stream, max: c.Max, failed: c.Warn, opened: func(f *os.File) {
		if stream == Stderr {
			// While the runtime reports a crash no goroutine reads the pipe.
			_ = debug.SetCrashOutput(f, debug.CrashOptions{})
		}
	}}
	if err := t.log.next(); err != nil {
		return nil, err
	}
	ends, err := pipe()
	if err != nil {
		return nil, errors.Join(err, t.log.close())
	}
	defer syscall.Close(ends[1])
	t.pipe = os.NewFile(uintptr(ends[0]), stream)
	if t.before, err = keep(fd); err == nil {
		err = process.Replace(ends[1], fd)
	}
	if err != nil {
		return nil, errors.Join(err, t.pipe.Close(), t.log.close())
	}
	go t.read()
	return t, nil
}

// pipe returns a pipe whose end to read can be waited for. Whoever writes must not see that: children expect a stream that blocks.
// It is as large as it may be: the report of a crash must fit, for then nobody reads.
func pipe() (ends [2]int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(ends[:]); err != nil {
		return ends, err
	}
	syscall.CloseOnExec(ends[0])
	syscall.CloseOnExec(ends[1])
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(ends[1]), setPipeSize, pipeSize)
	return ends, syscall.SetNonblock(ends[0], true)
}

// keep returns another descriptor of what fd stands for, which children don't get.
func keep(fd int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	other, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(other)
	}
	return other, err
}

// read writes what comes out of the pipe to the log until close sets a deadline, and then what is in it still.
func (t *tap) read() {
	defer close(t.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.pipe.Read(buf)
		t.log.write(buf[:n])
		if err != nil {
			break
		}
	}
	conn, err := t.pipe.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { t.drain(int(fd), buf) })
}

// drain reads what is in the pipe, but no more than fits: someone else may be writing for ever.
func (t *tap) drain(fd int, buf []byte) {
	for left := pipeSize; left > 0; {
		n, err := syscall.Read(fd, buf)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		t.log.write(buf[:n])
		left -= n
	}
}

// close makes the stream what it was.
func (t *tap) close() {
	_ = process.Replace(t.before, t.fd)
	_ = syscall.Close(t.before)
	_ = t.pipe.SetReadDeadline(time.Unix(1, 0))
	<-t.done
	_ = t.pipe.Close()
	if t.log.stream == Stderr {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	}
	_ = t.log.close()
}
