package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/dagster-go/dagster/internal/jsonq"
	"github.com/dagster-go/dagster/metadata"
)

// errNotJSON reports a payload that is not JSON.
var errNotJSON = errors.New("not JSON")

// newPayload is the table of kinds and their payloads: nil for a kind that has none in this release.
func newPayload(kind EventKind) Payload {
	switch kind {
	case StepOutput, HandledOutput:
		return new(OutputData)
	case StepInput, LoadedInput:
		return new(InputData)
	case AssetMaterialization, AssetObservation, AssetFailedToMaterialize:
		return new(MaterializationData)
	case StepSuccess:
		return new(SuccessData)
	case StepFailure, StepUpForRetry, RunFailure, ResourceInitFailure, HookErrored:
		return new(FailureData)
	case ResourceInitStarted, ResourceInitSuccess:
		return new(ResourceData)
	case LogMessage, EngineEvent:
		return new(LogData)
	case Progress:
		return new(ProgressData)
	case AssetCheckPlanned, AssetCheckEvaluation:
		return new(CheckData)
	default:
		return nil
	}
}

// EncodePayload appends p as it is stored, nothing for nil: {"v":1,...}. Strings that are not UTF-8 get replacement
// characters. It returns an error only for a [RawData] that is not JSON.
func EncodePayload(dst []byte, p Payload) ([]byte, error) {
	const version = `{"v":1`
	switch d := p.(type) {
	case nil:
		return dst, nil
	case *RawData:
		if err := d.check(); err != nil {
			return dst, err
		}
		return append(dst, d.JSON...), nil
	case *OutputData:
		dst = d.appendJSON(append(dst, version...))
	case *InputData:
		dst = d.appendJSON(append(dst, version...))
	case *SuccessData:
		dst = appendInt(append(dst, version...), `,"duration_ns":`, int64(d.Duration))
		dst = append(dst, d.extra...)
	case *MaterializationData:
		dst = d.appendJSON(append(dst, version...))
	case *FailureData:
		dst = d.appendJSON(append(dst, version...))
	case *ResourceData:
		dst = appendString(append(dst, version...), `,"resource":`, d.Resource)
		dst = appendDuration(dst, `,"duration_ns":`, d.Duration)
		dst = append(dst, d.extra...)
	case *LogData:
		dst = appendString(append(dst, version...), `,"level":`, d.Level)
		dst = append(appendEntries(dst, `,"fields":[`, d.Fields), d.extra...)
	case *ProgressData:
		dst = d.appendJSON(append(dst, version...))
	case *CheckData:
		dst = d.appendJSON(append(dst, version...))
	}
	return append(dst, '}'), nil
}

func (d *RawData) check() error {
	if !json.Valid(d.JSON) {
		return fmt.Errorf("payload %.40q is %w", d.JSON, errNotJSON)
	}
	return nil
}

// checkPayloads reports what [EncodePayload] would, for a store that does not encode.
func checkPayloads(events []Event) error {
	for i := range events {
		if raw, ok := events[i].Data.(*RawData); ok {
			if err := raw.check(); err != nil {
				return fmt.Errorf("event %d of %d, %s: %w", i+1, len(events), events[i].Kind, err)
			}
		}
	}
	return nil
}

func (d *OutputData) appendJSON(dst []byte) []byte {
	dst = appendString(dst, `,"output":`, d.Output)
	dst = appendOptional(dst, `,"map_key":`, d.MapKey)
	dst = appendOptional(dst, `,"io_manager":`, d.IOManager)
	return append(appendEntries(dst, `,"metadata":[`, d.Metadata), d.extra...)
}

func (d *InputData) appendJSON(dst []byte) []byte {
	dst = appendString(dst, `,"input":`, d.Input)
	dst = appendOptional(dst, `,"from_step":`, d.FromStep)
	dst = appendOptional(dst, `,"from_asset":`, d.FromAsset)
	dst = appendOptional(dst, `,"output":`, d.Output)
	dst = appendOptional(dst, `,"io_manager":`, d.IOManager)
	return append(dst, d.extra...)
}

func (d *MaterializationData) appendJSON(dst []byte) []byte {
	dst = appendOptional(dst, `,"data_version":`, d.DataVersion)
	if d.Provenance != nil {
		dst = d.Provenance.appendJSON(append(dst, `,"provenance":`...))
	}
	dst = appendEntries(dst, `,"metadata":[`, d.Metadata)
	dst = appendTags(dst, d.Tags)
	if d.Error != nil {
		dst = d.Error.appendJSON(append(dst, `,"error":`...))
	}
	return append(dst, d.extra...)
}

func (d *FailureData) appendJSON(dst []byte) []byte {
	dst = d.Error.appendJSON(append(dst, `,"error":`...))
	dst = appendOptional(dst, `,"reason":`, d.Reason)
	dst = appendDuration(dst, `,"retry_in_ns":`, d.RetryIn)
	return append(appendEntries(dst, `,"metadata":[`, d.Metadata), d.extra...)
}

func (d *ProgressData) appendJSON(dst []byte) []byte {
	dst = appendInt(dst, `,"done":`, d.Done)
	if d.Total != 0 {
		dst = appendInt(dst, `,"total":`, d.Total)
	}
	return append(appendOptional(dst, `,"unit":`, d.Unit), d.extra...)
}

func (p *Provenance) appendJSON(dst []byte) []byte {
	start := len(dst)
	dst = appendOptional(dst, `,"code_version":`, p.CodeVersion)
	for i, in := range p.Inputs {
		if i == 0 {
			dst = append(dst, `,"inputs":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendString(dst, `{"asset":`, in.Asset)
		dst = appendOptional(dst, `,"partition":`, in.Partition)
		dst = appendString(dst, `,"data_version":`, in.DataVersion)
		if in.Event != 0 {
			dst = appendInt(dst, `,"event":`, in.Event)
		}
		dst = append(append(dst, in.extra...), '}')
		if i == len(p.Inputs)-1 {
			dst = append(dst, ']')
		}
	}
	return closeObject(append(dst, p.extra...), start)
}

func (e *Error) appendJSON(dst []byte) []byte {
	dst = appendString(dst, `{"message":`, e.Message)
	dst = appendOptional(dst, `,"kind":`, e.Kind)
	dst = appendOptional(dst, `,"stack":`, e.Stack)
	if e.Cause != nil {
		dst = e.Cause.appendJSON(append(dst, `,"cause":`...))
	}
	return append(append(dst, e.extra...), '}')
}

// closeObject makes an object of the members from start on, each of which begins with a comma.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		dst = append(dst, '{')
	}
	dst[start] = '{'
	return append(dst, '}')
}

func appendString(dst []byte, name, s string) []byte {
	return jsonq.Append(append(dst, name...), s)
}

func appendOptional(dst []byte, name, s string) []byte {
	if s == "" {
		return dst
	}
	return jsonq.Append(append(dst, name...), s)
}

func appendInt(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(dst, name...), n, 10)
}

func appendDuration(dst []byte, name string, d time.Duration) []byte {
	if d == 0 {
		return dst
	}
	return appendInt(dst, name, int64(d))
}

func appendEntries(dst []byte, name string, entries []metadata.Entry) []byte {
	if len(entries) == 0 {
		return dst
	}
	dst = append(dst, name...)
	for i := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = entries[i].AppendJSON(dst)
	}
	return append(dst, ']')
}

func appendTags(dst []byte, tags map[string]string) []byte {
	if len(tags) == 0 {
		return dst
	}
	dst = append(dst, `,"tags":`...)
	start := len(dst)
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		dst = jsonq.Append(append(dst, ','), k)
		dst = jsonq.Append(append(dst, ':'), tags[k])
	}
	return closeObject(dst, start)
}
