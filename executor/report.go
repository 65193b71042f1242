package executor

import (
	"time"

	"github.com/dagster-go/dagster/storage"
)

// Report is how a run ended.
type Report struct {
	Status storage.RunStatus // SUCCESS, FAILURE or CANCELED
	Steps  []StepReport      // in plan order, copies after each other in key order
	Stuck  int               // bodies that ignored being told to stop, still running
}

// StepReport is how one step, or one copy of it, ended.
type StepReport struct {
	Step     int        // index in Plan.Steps
	Key      string     // Key[?] for a mapped step whose keys did not become known
	Status   StepStatus //
	Attempts int        // of this run, before it was resumed too
	Err      error      // why it failed, or was canceled; of a resumed run what the log says
	Started  time.Time  // of the first attempt; zero if there was none
	Ended    time.Time
}

// StepStatus is how a step ended.
type StepStatus string

// How a step ends. A step that did not run has no event: something above it failed, or the run was canceled.
const (
	StepSucceeded StepStatus = "SUCCESS"
	StepFailed    StepStatus = "FAILURE"
	StepSkipped   StepStatus = "SKIPPED"
	StepNotRun    StepStatus = "NOT_RUN"
	StepCanceled  StepStatus = "CANCELED"
)
