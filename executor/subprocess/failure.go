package subprocess

import (
	"fmt"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// StepError is the failure of a body that ran in another process. It is recorded as if it had run in this one.
type StepError struct{ data *storage.FailureData }

// Error is what the failure said.
func (e *StepError) Error() string { return e.data.Error.Message }

// StoredError returns the failure as it is stored, with its causes and its stack.
func (e *StepError) StoredError() storage.Error { return e.data.Error }

// FailureMetadata describes the failure.
func (e *StepError) FailureMetadata() []metadata.Entry { return e.data.Metadata }

// ExitError is the failure of a step whose process ended without saying how the step did.
type ExitError struct {
	Code   int    // -1 if a signal ended it
	Signal string // such as "SIGSEGV"; empty if none did
	OOM    bool   // the system killed it because memory ran out
	Killed bool   // it did not stop when it was told to

	CPU    time.Duration
	MaxRSS int64 // bytes
}

// Error says how the process ended.
func (e *ExitError) Error() string {
	switch {
	case e.OOM:
		return "process of the step was killed by the system: out of memory (" + e.Signal + ")"
	case e.Killed:
		return "process of the step did not stop and was killed (" + e.Signal + ")"
	case e.Signal != "":
		return "process of the step was ended by " + e.Signal
	default:
		return fmt.Sprintf("process of the step exited with code %d and did not say how the step did", e.Code)
	}
}

// FailureMetadata says what the process used.
func (e *ExitError) FailureMetadata() []metadata.Entry { return used(e.CPU, e.MaxRSS) }

// used is what a process has used.
func used(cpu time.Duration, memory int64) []metadata.Entry {
	return []metadata.Entry{metadata.Float("cpu_seconds", cpu.Seconds()), metadata.Int("max_memory_bytes", int(memory))}
}
