package checks

import (
	"context"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Changes are kinds of changes of the columns of a table.
type Changes uint8

// The kinds of changes.
const (
	Added   Changes = 1 << iota // a column that was not there
	Removed                     // a column is not there any more
	Retyped                     // the type of a column is another one

	AnyChange = Added | Removed | Retyped
)

// Columns passes if the columns of the asset have not changed from its last materialization but one to its last, going by
// what these say by [metadata.ColumnSchema]. Only those changes fail it that are named; others are in its description all the
// same. It passes as long as there is one materialization only, and does not if one of the two says nothing of columns.
func Columns(of dagster.AnyAsset, fails Changes, opts ...dagster.CheckOption) *dagster.Check {
	body := dagster.From(func(ctx context.Context) (dagster.CheckResult, error) {
		two, err := newest(ctx, of, 2)
		switch {
		case err != nil:
			return dagster.CheckResult{}, err
		case len(two) < 2: //nolint:mnd // one to compare with another
			return dagster.CheckResult{Passed: true, Description: "there is nothing to compare with"}, nil
		}
		after, ok := said(&two[0], columnSchema).(metadata.SchemaValue)
		if !ok {
			return dagster.CheckResult{Description: fmt.Sprintf("its newest materialization has no %q", columnSchema)}, nil
		}
		before, ok := said(&two[1], columnSchema).(metadata.SchemaValue)
		if !ok {
			return dagster.CheckResult{Description: fmt.Sprintf("its last materialization but one has no %q", columnSchema)}, nil
		}
		kinds, words := compare(before.Columns, after.Columns)
		r := dagster.CheckResult{Passed: kinds&fails == 0, Description: "no column has changed"}
		if len(words) > 0 {
			r.Description = strings.Join(words, ", ")
			r.Metadata = []metadata.Entry{{Key: "before", Value: before}, {Key: "after", Value: after}}
		}
		return r, nil
	})
	return dagster.NewCheck("columns", of, body, opts...)
}

// compare says what changed: removed and retyped columns in the order before, then added ones.
func compare(before, after []metadata.Column) (kinds Changes, words []string) {
	types := make(map[string]string, len(after))
	for _, c := range after {
		types[c.Name] = c.Type
	}
	was := make(map[string]bool, len(before))
	for _, c := range before {
		was[c.Name] = true
		switch now, there := types[c.Name]; {
		case !there:
			kinds |= Removed
			words = append(words, c.Name+" is removed")
		case now != c.Type:
			kinds |= Retyped
			words = append(words, fmt.Sprintf("%s was %s and is %s", c.Name, c.Type, now))
		}
	}
	for _, c := range after {
		if !was[c.Name] {
			kinds |= Added
			words = append(words, c.Name+" is added")
		}
	}
	return kinds, words
}
