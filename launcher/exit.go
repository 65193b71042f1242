package launcher

import (
	"fmt"
	"time"
)

// Exit is how a worker ended.
type Exit struct {
	Code   int    // its exit code; -1 if a signal ended it
	Signal string // that ended it, such as "SIGKILL"; empty if none did
	OOM    bool   // the system killed it because memory ran out
	Killed bool   // the launcher killed it: it was asked to stop and did not in time, or a later epoch replaced it
	Asked  bool   // it was asked to stop before it ended

	CPU    time.Duration // used by it and the children that it waited for
	MaxRSS int64         // the most memory that it held at once, in bytes

	// Said is the end of what it wrote before it began to keep its own logs, at most 4 KiB: why it could not start, mostly.
	// For a worker in this process it is the error or panic that it ended with.
	Said string
}

// Clean reports whether the worker ended by itself with code 0. The run's record says how the run ended; a clean exit doesn't.
func (e *Exit) Clean() bool { return e.Code == 0 && e.Signal == "" }

// String says how the worker ended, for people.
func (e *Exit) String() string {
	switch {
	case e.Signal == "":
		return fmt.Sprintf("exited with code %d", e.Code)
	case e.OOM:
		return "killed by the system: out of memory (" + e.Signal + ")"
	case e.Killed:
		return "killed: it did not stop when it was told to (" + e.Signal + ")"
	default:
		return "ended by " + e.Signal
	}
}
