// Package process knows how processes are told apart, watched, signaled and found: what the standard library leaves to the system.
// On systems other than Linux there is no way to tell a process from a later one with its number, and to find one by its environment.
package process

import (
	"fmt"
	"time"
)

// Exit is how a process ended.
type Exit struct {
	Code   int    // -1 if a signal ended it
	Signal string // such as "SIGKILL"; empty if none ended it
	CPU    time.Duration
	MaxRSS int64 // bytes
}

// String says how the process ended.
func (e Exit) String() string {
	if e.Signal != "" {
		return "ended by " + e.Signal
	}
	return fmt.Sprintf("exited with code %d", e.Code)
}
