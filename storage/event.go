package storage

import "time"

// EventKind says what happened. The strings are Dagster's wire names; they are stored and never change.
type EventKind string

// The kinds of events of this release (dagster/_core/events: DagsterEventType).
const (
	RunStartingEvent EventKind = "PIPELINE_STARTING"
	RunEnqueued      EventKind = "PIPELINE_ENQUEUED"
	RunDequeued      EventKind = "PIPELINE_DEQUEUED"
	RunStart         EventKind = "PIPELINE_START"
	RunSuccess       EventKind = "PIPELINE_SUCCESS"
	RunFailure       EventKind = "PIPELINE_FAILURE"
	RunCancelingEvt  EventKind = "PIPELINE_CANCELING"
	RunCanceledEvt   EventKind = "PIPELINE_CANCELED"

	StepStart      EventKind = "STEP_START"
	StepInput      EventKind = "STEP_INPUT"
	StepOutput     EventKind = "STEP_OUTPUT"
	StepSuccess    EventKind = "STEP_SUCCESS"
	StepFailure    EventKind = "STEP_FAILURE"
	StepSkipped    EventKind = "STEP_SKIPPED"
	StepUpForRetry EventKind = "STEP_UP_FOR_RETRY"
	StepRestarted  EventKind = "STEP_RESTARTED"

	LoadedInput   EventKind = "LOADED_INPUT"
	HandledOutput EventKind = "HANDLED_OUTPUT"

	AssetMaterialization        EventKind = "ASSET_MATERIALIZATION"
	AssetMaterializationPlanned EventKind = "ASSET_MATERIALIZATION_PLANNED"
	AssetFailedToMaterialize    EventKind = "ASSET_FAILED_TO_MATERIALIZE"
	AssetObservation            EventKind = "ASSET_OBSERVATION"
	AssetCheckPlanned           EventKind = "ASSET_CHECK_EVALUATION_PLANNED"
	AssetCheckEvaluation        EventKind = "ASSET_CHECK_EVALUATION"

	ResourceInitStarted EventKind = "RESOURCE_INIT_STARTED"
	ResourceInitSuccess EventKind = "RESOURCE_INIT_SUCCESS"
	ResourceInitFailure EventKind = "RESOURCE_INIT_FAILURE"

	HookCompleted EventKind = "HOOK_COMPLETED"
	HookErrored   EventKind = "HOOK_ERRORED"
	HookSkipped   EventKind = "HOOK_SKIPPED"

	EngineEvent EventKind = "ENGINE_EVENT"
	LogsCapture EventKind = "LOGS_CAPTURED"
	LogMessage  EventKind = "LOG_MESSAGE"   // ours: a line that a body logged
	Progress    EventKind = "STEP_PROGRESS" // ours: how far a body says it is
)

// EndsAttempt reports whether an event of this kind ends an attempt of its step, which then holds no place in a pool any more.
func (k EventKind) EndsAttempt() bool {
	return k == StepSuccess || k == StepFailure || k == StepUpForRetry
}

// Event is one thing that happened. Events are immutable once stored. At is UTC; a store keeps at least its
// microseconds.
type Event struct {
	ID        int64     // place in the store: later events have higher IDs; 0 until stored
	Run       RunID     // empty for events that belong to no run
	Seq       int64     // place in its run: 1, 2, ... without a gap
	Kind      EventKind //
	Step      string    // step key, empty for events of the run
	Attempt   int       // of the step, 1 for the first; 0 where there is none
	Asset     string    // asset key
	Partition string    //
	At        time.Time //
	Message   string    // for people
	Data      Payload   // what is particular to the kind; nil where there is nothing
}

// EventFilter chooses events; its zero value chooses all. What is set must hold together; an empty field holds always.
type EventFilter struct {
	Run       RunID
	Step      string
	Asset     string
	Partition string
	Kinds     []EventKind
	After     int64 // IDs above: the last of the page before, or where a tail stands
	Before    int64 // IDs below; 0 means no bound
	Newest    bool  // descending: newest first
	Limit     int   // Defaults to 1000; at most 10000, what is more counts as that.
}
