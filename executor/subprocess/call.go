// Package subprocess runs each step of a plan in a process of its own, so that one which crashes, eats memory or doesn't stop harms no
// other. [Worker] is the side of the run; the process that it starts calls [Serve].
package subprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// Call is what a process is started for: one attempt of one step.
type Call struct {
	Run     storage.RunID `json:"run"`
	Epoch   int64         `json:"epoch"`
	Step    int           `json:"step"` // index in the plan, which the process makes again
	Key     string        `json:"key"`
	MapKeys []string      `json:"map_keys,omitempty"`
	Attempt int           `json:"attempt"`

	// Sources are what each input of the step takes.
	Sources [][]Source `json:"sources,omitempty"`

	// Logs is the folder for what the process prints; empty leaves its streams as they are. MaxLogBytes bounds each.
	Logs        string `json:"logs,omitempty"`
	MaxLogBytes int64  `json:"max_log_bytes,omitempty"`

	// Memory is how many bytes the process may have; 0 for no limit.
	Memory int64 `json:"memory,omitempty"`
}

// Source is an [executor.Made] on its way to a process.
type Source struct {
	Step    int      `json:"step"`
	Output  int      `json:"output"`
	Key     string   `json:"key"`
	MapKeys []string `json:"map_keys,omitempty"`
	MapKey  string   `json:"map_key,omitempty"`
}

func newCall(c *Config, t *executor.Task) Call {
	call := Call{
		Run: c.Run, Epoch: c.Epoch, Step: t.Step, Key: t.Key, MapKeys: t.MapKeys, Attempt: t.Attempt,
		MaxLogBytes: c.MaxLogBytes, Memory: c.Memory,
	}
	for i := range c.Plan.Steps[t.Step].Inputs {
		made := t.Sources(i)
		sources := make([]Source, len(made))
		for j, m := range made {
			sources[j] = Source{m.Step, m.Output, m.Key, m.MapKeys, m.MapKey}
		}
		call.Sources = append(call.Sources, sources)
	}
	return call
}

// task is the attempt in the process that runs it.
func (c *Call) task(sink executor.Sink) *executor.Task {
	return executor.NewTask(executor.TaskConfig{
		Run: c.Run, Step: c.Step, Key: c.Key, MapKeys: c.MapKeys, Attempt: c.Attempt, Sink: sink,
		Sources: func(input int) []executor.Made {
			if input >= len(c.Sources) {
				return nil
			}
			made := make([]executor.Made, len(c.Sources[input]))
			for i, s := range c.Sources[input] {
				made[i] = executor.Made{Source: executor.Source{Step: s.Step, Output: s.Output}, Key: s.Key, MapKeys: s.MapKeys, MapKey: s.MapKey}
			}
			return made
		},
	})
}

// message is a line that a process writes: one event, or at last how the attempt ended.
type message struct {
	Event   *event   `json:"event,omitempty"`
	Outcome *outcome `json:"outcome,omitempty"`
}

// event is a [storage.Event] without what the attempt says of each.
type event struct {
	Kind      storage.EventKind `json:"kind"`
	Asset     string            `json:"asset,omitempty"`
	Partition string            `json:"partition,omitempty"`
	At        time.Time         `json:"at"`
	Message   string            `json:"message,omitempty"`
	Data      json.RawMessage   `json:"data,omitempty"`
}

func newEvent(e *storage.Event) (*event, error) {
	data, err := storage.EncodePayload(nil, e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Kind, err)
	}
	return &event{e.Kind, e.Asset, e.Partition, e.At, e.Message, data}, nil
}

// stored is the event for the log. Only the engine says how an attempt begins and ends.
func (e *event) stored() (storage.Event, error) {
	switch e.Kind { //nolint:exhaustive // the others are the step's to say
	case storage.StepStart, storage.StepRestarted, storage.StepSuccess, storage.StepFailure, storage.StepSkipped, storage.StepUpForRetry:
		return storage.Event{}, fmt.Errorf("a step can't say %s", e.Kind)
	}
	data, err := decode(e.Kind, e.Data)
	if err != nil {
		return storage.Event{}, err
	}
	return storage.Event{Kind: e.Kind, Asset: e.Asset, Partition: e.Partition, At: e.At, Message: e.Message, Data: data}, nil
}

func decode(kind storage.EventKind, data json.RawMessage) (storage.Payload, error) {
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // an event without a payload
	}
	p, err := storage.DecodePayload(kind, data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	return p, nil
}

// outcome is an [executor.Outcome].
type outcome struct {
	Missing []int            `json:"missing,omitempty"`
	Keys    map[int][]string `json:"keys,omitempty"`
	Failure json.RawMessage  `json:"failure,omitempty"` // a [storage.FailureData]
	Final   bool             `json:"final,omitempty"`
	Asked   bool             `json:"asked,omitempty"`
	After   time.Duration    `json:"after,omitempty"`
	Max     int              `json:"max,omitempty"`
}

func newOutcome(o executor.Outcome) (*outcome, error) {
	w := &outcome{Missing: o.Missing, Keys: o.Keys}
	if o.Err == nil {
		return w, nil
	}
	data, next := executor.Describe(o.Err)
	w.Final, w.Asked, w.After, w.Max = next.Final, next.Asked, next.After, next.Max
	var err error
	w.Failure, err = storage.EncodePayload(nil, data)
	return w, err
}

func (o *outcome) executed() (executor.Outcome, error) {
	out := executor.Outcome{Missing: o.Missing, Keys: o.Keys}
	if len(o.Failure) == 0 {
		return out, nil
	}
	p, err := storage.DecodePayload(storage.StepFailure, o.Failure)
	if err != nil {
		return out, fmt.Errorf("decode failure: %w", err)
	}
	data, ok := p.(*storage.FailureData)
	if !ok {
		return out, errors.New("decode failure: it is none")
	}
	out.Err = advise(&StepError{data}, machine.Failure{Final: o.Final, Asked: o.Asked, After: o.After, Max: o.Max})
	return out, nil
}

func advise(err error, next machine.Failure) error {
	switch {
	case next.Final:
		return executor.NoRetry(err)
	case next.Asked:
		return executor.RetryUpTo(err, next.After, next.Max)
	default:
		return err
	}
}
