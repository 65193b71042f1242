//go:build unix && !linux

package process

import "syscall"

// Replace makes file descriptor to another one of what from stands for, which children inherit. What to stood for is closed.
func Replace(from, to int) error { return syscall.Dup2(from, to) }
