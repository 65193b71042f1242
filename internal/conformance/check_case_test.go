package conformance_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/storage"
)

// checkRow is one check of a case, or its name alone.
type checkRow struct {
	Name     string   `json:"name"`
	Blocking bool     `json:"blocking"`
	Result   string   `json:"result"`
	InOp     bool     `json:"in_op"` // the asset's own body reports it
	Deps     []string `json:"deps"`
	Asset    string   `json:"asset"` // of a multi-asset: which one
}

// UnmarshalJSON reads a check, or its name.
func (c *checkRow) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &c.Name) == nil {
		return nil
	}
	type plain checkRow
	return json.Unmarshal(data, (*plain)(c))
}

// result is what the check comes to.
func (c *checkRow) result() (dagster.CheckResult, error) {
	if c.Result == "raise" {
		return dagster.CheckResult{}, errors.New("raised")
	}
	return dagster.CheckResult{Passed: c.Result == "pass" || c.Result == "", Warn: c.Result == "warn"}, nil
}

// checks declares the checks of a row that are steps of their own.
func (w *world) checks(row assetRow) []dagster.Definition {
	var defs []dagster.Definition
	for _, c := range row.Checks {
		if c.InOp {
			continue
		}
		var opts []dagster.CheckOption
		if c.Blocking {
			opts = append(opts, dagster.Blocking())
		}
		for _, key := range c.Deps {
			opts = append(opts, dagster.After(w.asset(key)))
		}
		of := w.asset(cmp.Or(c.Asset, row.GraphAsset, row.Key))
		defs = append(defs, dagster.NewCheck(c.Name, of, dagster.From(func(context.Context) (dagster.CheckResult, error) { return c.result() }), opts...))
	}
	return defs
}

// ownChecks are the options of an asset for the checks that its own body reports.
func (row *assetRow) ownChecks(key string) []dagster.AssetOption {
	var opts []dagster.AssetOption
	for _, c := range row.Checks {
		if !c.InOp || c.Asset != "" && c.Asset != key {
			continue
		}
		option := dagster.Checks
		if c.Blocking {
			option = dagster.BlockingChecks
		}
		opts = append(opts, option(c.Name))
	}
	return opts
}

// report reports what the row's own checks come to, as far as it says so.
func (row *assetRow) report(ctx context.Context) {
	for _, c := range row.Checks {
		key := cmp.Or(c.Asset, row.Key)
		said := row.Op == "" || row.Do.Emit == nil || slices.Contains(*row.Do.Emit, "check:"+key+":"+c.Name)
		if r, err := c.result(); c.InOp && err == nil && said {
			dagster.ReportCheckOf(ctx, key, c.Name, r)
		}
	}
}

// madeCheck is what a check came to, as answers have it.
type madeCheck struct {
	Check    string `json:"check"`
	Passed   bool   `json:"passed"`
	Severity string `json:"severity"`
	Blocking bool   `json:"blocking"`
}

// checkChecks compares the checks that a run recorded.
func (want *outcome) checkChecks(t *testing.T, r *dagster.Result) {
	t.Helper()

	if want.Checks == nil {
		return
	}
	made := []madeCheck{}
	for e := range r.Events() {
		if d, ok := e.Data.(*storage.CheckData); ok && e.Kind == storage.AssetCheckEvaluation {
			made = append(made, madeCheck{Check: e.Asset + ":" + d.Check, Passed: d.Passed, Severity: d.Severity, Blocking: d.Blocking})
		}
	}
	assert.ElementsMatch(t, want.Checks, made)
}

// checksRecordedLast is the rule of checks that a body yields before what it makes.
func checksRecordedLast() conformance.Rule[runCase] {
	return conformance.Rule[runCase]{
		Why:   "what a body says of its checks is recorded after what it made, whenever it said so",
		Match: func(c runCase) bool { return c.anyRow(func(row *assetRow) bool { return row.Do.CheckFirst }) },
		Instead: func(c *runCase) {
			for key, s := range c.Outcome.Steps {
				first := []string{"STEP_OUTPUT", "ASSET_CHECK_EVALUATION"}
				if len(s.Events) < 4 || !slices.Equal(s.Events[1:3], first) {
					continue
				}
				events := slices.Delete(slices.Clone(s.Events), 1, 3)
				s.Events = slices.Insert(events, len(events)-1, first...)
				c.Outcome.Steps[key] = s
			}
		},
	}
}
