package storage

import (
	"encoding/json"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// Payload is what is particular to a kind of event; which one belongs to which kind is said at the types. It is
// stored by [EncodePayload] and shared by all who read it: it never changes. What a newer release added to it is
// kept when this one reads and writes it.
//
//sumtype:decl
type Payload interface{ payload() }

// OutputData belongs to STEP_OUTPUT and HANDLED_OUTPUT.
type OutputData struct {
	Output    string           `json:"output"`
	MapKey    string           `json:"map_key,omitempty"`
	IOManager string           `json:"io_manager,omitempty"`
	Metadata  []metadata.Entry `json:"metadata,omitempty"`

	extra string
}

// InputData belongs to STEP_INPUT and LOADED_INPUT.
type InputData struct {
	Input     string `json:"input"`
	FromStep  string `json:"from_step,omitempty"`
	FromAsset string `json:"from_asset,omitempty"`
	Output    string `json:"output,omitempty"`
	IOManager string `json:"io_manager,omitempty"`

	extra string
}

// Provenance says from what a version was made. It belongs to a [MaterializationData].
type Provenance struct {
	CodeVersion string         `json:"code_version,omitempty"`
	Inputs      []InputVersion `json:"inputs,omitempty"` // sorted by asset

	extra string
}

// InputVersion is one upstream asset as it was read.
type InputVersion struct {
	Asset       string `json:"asset"`
	Partition   string `json:"partition,omitempty"` // of it, that was read; empty if it has none, or if very many were read
	DataVersion string `json:"data_version"`
	Event       int64  `json:"event,omitempty"` // ID of its materialization, 0 if it has none or it was made by the same run

	extra string
}

// MaterializationData belongs to ASSET_MATERIALIZATION, ASSET_OBSERVATION and ASSET_FAILED_TO_MATERIALIZE.
type MaterializationData struct {
	DataVersion string            `json:"data_version,omitempty"`
	Provenance  *Provenance       `json:"provenance,omitempty"`
	Metadata    []metadata.Entry  `json:"metadata,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Error       *Error            `json:"error,omitempty"`

	extra string
}

// SuccessData belongs to STEP_SUCCESS.
type SuccessData struct {
	Duration time.Duration `json:"duration_ns"`

	extra string
}

// FailureData belongs to STEP_FAILURE, STEP_UP_FOR_RETRY, PIPELINE_FAILURE, RESOURCE_INIT_FAILURE and HOOK_ERRORED.
// A resource that did not open is named by the metadata entry "resource".
type FailureData struct {
	Error    Error            `json:"error"`
	Reason   string           `json:"reason,omitempty"` // Dagster's failure reasons of a run: STEP_FAILURE, RUN_EXCEPTION, ...
	RetryIn  time.Duration    `json:"retry_in_ns,omitempty"`
	Metadata []metadata.Entry `json:"metadata,omitempty"`

	extra string
}

// ResourceData belongs to RESOURCE_INIT_STARTED and RESOURCE_INIT_SUCCESS.
type ResourceData struct {
	Resource string        `json:"resource"`
	Duration time.Duration `json:"duration_ns,omitempty"`

	extra string
}

// LogData belongs to LOG_MESSAGE and ENGINE_EVENT.
type LogData struct {
	Level  string           `json:"level"`
	Fields []metadata.Entry `json:"fields,omitempty"`

	extra string
}

// ProgressData belongs to STEP_PROGRESS.
type ProgressData struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"` // 0 if it is not known
	Unit  string `json:"unit,omitempty"`

	extra string
}

// RawData is a payload that this release cannot read, kept as it was: one of a kind that has no type here, of a newer
// version, or of another form than its kind's.
type RawData struct{ JSON json.RawMessage }

func (*OutputData) payload()          {}
func (*InputData) payload()           {}
func (*MaterializationData) payload() {}
func (*SuccessData) payload()         {}
func (*FailureData) payload()         {}
func (*ResourceData) payload()        {}
func (*LogData) payload()             {}
func (*ProgressData) payload()        {}
func (*RawData) payload()             {}
