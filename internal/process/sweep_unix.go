//go:build unix

package process

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// killTime is how long a process that was killed is waited for. It ends at once, unless it hangs in the kernel.
const killTime = time.Second

// End kills the process that has a number, if meant says that it is still the one that is meant, and reports whether it is gone.
func End(ctx context.Context, pid int, meant func() bool) (gone bool, err error) {
	h, err := Open(pid)
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
	switch err := h.Signal(syscall.SIGKILL); {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, killTime)
	defer cancel()
	return h.Wait(ctx) == nil, nil
}

// Sweep kills the processes that were started with name=value in their environment, of which chosen says that they are meant, and returns
// those that it can't kill. What it kills may have started others meanwhile, so it looks until there are none.
func Sweep(ctx context.Context, name, value string, chosen func(lookup func(name string) (string, bool)) bool) (left []int) {
	for range 5 {
		var pids []int
		_ = Marked(name, value, func(pid int, lookup func(string) (string, bool)) {
			if chosen(lookup) {
				pids = append(pids, pid)
			}
		})
		if len(pids) == 0 {
			return nil
		}
		left = nil
		for _, pid := range pids {
			gone, err := End(ctx, pid, func() bool { return IsMarked(pid, name, value) })
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
