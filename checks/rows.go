package checks

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// RowCount passes if the asset has as many rows as the bounds let pass. It reads the asset; see [RecordedRowCount].
func RowCount[Row any](of *dagster.Asset[[]Row], bounds Bounds, opts ...dagster.CheckOption) *dagster.Check {
	body := dagster.From1(of, func(_ context.Context, rows []Row) (dagster.CheckResult, error) {
		return counted(float64(len(rows)), bounds), nil
	})
	return dagster.NewCheck("row_count", of, body, with(opts, bounds.wrong())...)
}

func counted(rows float64, bounds Bounds) dagster.CheckResult {
	return dagster.CheckResult{
		Passed:      bounds.Has(rows),
		Description: fmt.Sprintf("%s rows, want %s", number(rows), bounds),
		Metadata:    []metadata.Entry{metadata.Float("rows", rows)},
	}
}

// with adds to the options of a check what is wrong with it.
func with(opts []dagster.CheckOption, wrong error) []dagster.CheckOption {
	return append(slices.Clip(opts), dagster.Mistake(wrong))
}

// Unique passes if no two rows have the same key. Column says what the key is, for people and for the check's name.
func Unique[Row any, K comparable](of *dagster.Asset[[]Row], column string, key func(Row) K, opts ...dagster.CheckOption) *dagster.Check {
	body := dagster.From1(of, func(_ context.Context, rows []Row) (dagster.CheckResult, error) {
		seen := make(map[K]struct{}, len(rows))
		for _, row := range rows {
			seen[key(row)] = struct{}{}
		}
		again := len(rows) - len(seen)
		return found(again, len(rows), again == 0, fmt.Sprintf("%d of %d rows have a %s that another one has", again, len(rows), column)), nil
	})
	return dagster.NewCheck("unique_"+identifier(column), of, body, with(opts, missing(key == nil))...)
}

// NullShare passes if at most a share of the rows, from 0 to 1, has no value in a column. Of no rows none has.
func NullShare[Row any](of *dagster.Asset[[]Row], column string, most float64, isNull func(Row) bool, opts ...dagster.CheckOption) *dagster.Check {
	body := dagster.From1(of, func(_ context.Context, rows []Row) (dagster.CheckResult, error) {
		nulls := 0
		for _, row := range rows {
			if isNull(row) {
				nulls++
			}
		}
		share := float64(nulls) / float64(max(len(rows), 1))
		r := found(nulls, len(rows), share <= most, fmt.Sprintf("%d of %d rows have no %s, want a share of %s", nulls, len(rows), column, AtMost(most)))
		r.Metadata = append(r.Metadata, metadata.Float("share", share))
		return r, nil
	})
	wrong := missing(isNull == nil)
	if wrong == nil && !Between(0, 1).Has(most) {
		wrong = fmt.Errorf("share %s: want 0 to 1", number(most))
	}
	return dagster.NewCheck("null_share_"+identifier(column), of, body, with(opts, wrong)...)
}

// Values passes if the bounds let the value of each row pass in a column. NaN never passes.
func Values[Row any](of *dagster.Asset[[]Row], column string, bounds Bounds, value func(Row) float64, opts ...dagster.CheckOption) *dagster.Check {
	body := dagster.From1(of, func(_ context.Context, rows []Row) (dagster.CheckResult, error) {
		outside, first := 0, ""
		for i, row := range rows {
			v := value(row)
			if bounds.Has(v) {
				continue
			}
			if outside++; outside == 1 {
				first = fmt.Sprintf(", the first is %s in row %d", number(v), i+1)
			}
		}
		return found(outside, len(rows), outside == 0, fmt.Sprintf("%d of %d rows have a %s that is not %s%s", outside, len(rows), column, bounds, first)), nil
	})
	wrong := missing(value == nil)
	if wrong == nil {
		wrong = bounds.wrong()
	}
	return dagster.NewCheck("values_"+identifier(column), of, body, with(opts, wrong)...)
}

// found is the result of a check that looks for bad rows.
func found(bad, rows int, passed bool, words string) dagster.CheckResult {
	return dagster.CheckResult{Passed: passed, Description: words, Metadata: []metadata.Entry{metadata.Int("rows", rows), metadata.Int("found", bad)}}
}
