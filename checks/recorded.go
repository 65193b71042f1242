package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// The keys of metadata that Dagster's tools know.
const (
	rowCount          = "dagster/row_count"
	partitionRowCount = "dagster/partition_row_count"
	columnSchema      = "dagster/column_schema"
)

// RecordedRowCount is [RowCount] without reading the asset: it takes the number that its newest materialization says by
// [metadata.PartitionRows] or [metadata.Rows]. It does not pass if there is none.
func RecordedRowCount(of dagster.AnyAsset, bounds Bounds, opts ...dagster.CheckOption) *dagster.Check {
	return dagster.NewCheck("recorded_row_count", of, recorded(of, func(e *storage.Event) dagster.CheckResult {
		rows, ok := numberIn(e, rowCount)
		if e.Partition != "" {
			if own, there := numberIn(e, partitionRowCount); there {
				rows, ok = own, true
			}
		}
		if !ok {
			return dagster.CheckResult{Description: fmt.Sprintf("its newest materialization has no number %q", rowCount)}
		}
		return counted(rows, bounds)
	}), with(opts, bounds.wrong())...)
}

// MetadataValue passes if the bounds let the number pass that the asset's newest materialization has as metadata of that
// key. It does not pass if there is none.
func MetadataValue(of dagster.AnyAsset, key string, bounds Bounds, opts ...dagster.CheckOption) *dagster.Check {
	return dagster.NewCheck("metadata_value_"+identifier(key), of, recorded(of, func(e *storage.Event) dagster.CheckResult {
		n, ok := numberIn(e, key)
		if !ok {
			return dagster.CheckResult{Description: fmt.Sprintf("its newest materialization has no number %q", key)}
		}
		return dagster.CheckResult{
			Passed:      bounds.Has(n),
			Description: fmt.Sprintf("%s is %s, want %s", key, number(n), bounds),
			Metadata:    []metadata.Entry{metadata.Float("value", n)},
		}
	}), with(opts, bounds.wrong())...)
}

// recorded is a body that looks at the newest materialization; without one it does not pass.
func recorded(of dagster.AnyAsset, look func(e *storage.Event) dagster.CheckResult) dagster.Body[dagster.CheckResult] {
	return dagster.From(func(ctx context.Context) (dagster.CheckResult, error) {
		newest, err := newest(ctx, of, 1)
		if err != nil {
			return dagster.CheckResult{}, err
		}
		if len(newest) == 0 {
			return dagster.CheckResult{Description: neverMade}, nil
		}
		return look(&newest[0]), nil
	})
}

const neverMade = "it was never materialized"

// newest are the newest materializations of the partition that the check looks at.
func newest(ctx context.Context, of dagster.AnyAsset, n int) ([]storage.Event, error) {
	return dagster.LatestMaterializations(ctx, of.Key(), dagster.Partition(ctx).Key, n)
}

// said is an entry of a materialization.
func said(e *storage.Event, key string) metadata.Value {
	m, ok := e.Data.(*storage.MaterializationData)
	if !ok {
		return nil
	}
	for _, entry := range m.Metadata {
		if entry.Key == key {
			return entry.Value
		}
	}
	return nil
}

func numberIn(e *storage.Event, key string) (float64, bool) {
	switch v := said(e, key).(type) {
	case metadata.IntValue:
		return float64(v), true
	case metadata.FloatValue:
		return float64(v), true
	case metadata.BigIntValue:
		n, err := strconv.ParseFloat(string(v), 64)
		return n, err == nil
	default:
		return 0, false
	}
}

// identifier is a text as a part of a check's name.
func identifier(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, text)
	return cmp.Or(text, "_")
}

// missing is the mistake of a function that is nil.
func missing(isNil bool) error {
	if isNil {
		return errors.New("nil function")
	}
	return nil
}
