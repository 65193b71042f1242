package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// assetJSON is an asset as "asset list --json" has it in a list and "asset show --json" alone.
type assetJSON struct {
	Repository string `json:"repository"`
	dagster.AssetInfo

	Latest *eventJSON `json:"latest_materialization,omitempty"`

	Fresh *dagster.AssetFreshness `json:"freshness_state,omitempty"` // of "asset show" alone

	// Counts are how many partitions are in which state.
	Counts map[storage.PartitionState]int `json:"partition_counts,omitempty"`

	extent string // of the partitions, in words
}

// shares are the counts in the order of states.
func (a *assetJSON) shares() shares {
	var out shares
	for i, state := range states() {
		out[i] = a.Counts[state]
	}
	return out
}

// eventJSON is an event on a line of its own.
type eventJSON struct {
	ID        int64             `json:"id"`
	Run       storage.RunID     `json:"run,omitempty"`
	Seq       int64             `json:"seq"`
	Kind      storage.EventKind `json:"kind"`
	Step      string            `json:"step,omitempty"`
	Attempt   int               `json:"attempt,omitempty"`
	Asset     string            `json:"asset,omitempty"`
	Partition string            `json:"partition,omitempty"`
	At        time.Time         `json:"at"`
	Message   string            `json:"message,omitempty"`
	Data      json.RawMessage   `json:"data,omitempty"`

	metadata []metadata.Entry // of a materialization; it is part of Data
}

func newEventJSON(e *storage.Event) (eventJSON, error) {
	// An event looks the same whether it comes from the store, which may keep no more than microseconds, or not.
	data, err := storage.EncodePayload(nil, e.Data)
	if err != nil {
		return eventJSON{}, fmt.Errorf("event %d: %w", e.ID, err)
	}
	return eventJSON{
		ID: e.ID, Run: e.Run, Seq: e.Seq, Kind: e.Kind, Step: e.Step, Attempt: e.Attempt, Asset: e.Asset,
		Partition: e.Partition, At: e.At.UTC().Truncate(time.Microsecond), Message: e.Message, Data: data,
	}, nil
}

// runJSON is a run as "run show --json" has it; "run list --json" has a list of them without their steps.
type runJSON struct {
	storage.Run

	Results []stepJSON  `json:"step_results,omitempty"`
	Checks  []checkJSON `json:"check_results,omitempty"`
}

// stepJSON is how a step stands: WAITING, RUNNING, SUCCESS, FAILURE, SKIPPED, RETRYING or NOT_RUN.
type stepJSON struct {
	Step     string     `json:"step"`
	Asset    string     `json:"asset,omitempty"`
	Status   stepStatus `json:"status"`
	Attempts int        `json:"attempts"`
	Started  time.Time  `json:"started,omitzero"`
	Ended    time.Time  `json:"ended,omitzero"`
	Error    string     `json:"error,omitempty"`
}

// writeJSON writes v for programs and people alike.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return write(w, b.String())
}

// appendEvents appends events, one a line.
func appendEvents(b *bytes.Buffer, events []storage.Event) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i := range events {
		e, err := newEventJSON(&events[i])
		if err != nil {
			return err
		}
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// write writes text. A reader that has gone away has read what it wanted.
func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil && !closedPipe(err) {
		return &exit{code: exitFailed, err: fmt.Errorf("write output: %w", err)}
	}
	return nil
}
