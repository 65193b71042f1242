package dagster

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// AssetStatus is how one asset stands: what is stored of it, what was last tried, and what its checks came to.
type AssetStatus struct {
	Asset    string `json:"asset"`
	External bool   `json:"external,omitempty"` // made elsewhere
	Virtual  bool   `json:"virtual,omitempty"`  // a view of other assets

	// Status, Causes and Roots are those of its [Staleness]; Status is empty for an asset that is partitioned, and no view.
	Status StaleStatus  `json:"status,omitempty"`
	Causes []StaleCause `json:"causes,omitempty"`
	Roots  []StaleCause `json:"roots,omitempty"`

	// Partitions are how many partitions stand how; nil for an asset that is not partitioned, and for a view.
	Partitions *PartitionTally `json:"partitions,omitempty"`

	// Latest is its newest materialization, of any partition, Failed the newest attempt if that came later and failed; nil
	// for none. A wipe does not change them.
	Latest *Attempt `json:"latest,omitempty"`
	Failed *Attempt `json:"failed,omitempty"`

	Checks []CheckStatus `json:"checks,omitempty"`

	// Policy says how fresh it should be, Freshness how it stands to that; nil if nobody says so.
	Policy    *FreshnessInfo  `json:"freshness,omitempty"`
	Freshness *AssetFreshness `json:"freshness_state,omitempty"`
}

// PartitionTally is how many partitions of an asset stand how; each is counted once.
type PartitionTally struct {
	Materialized int `json:"materialized"`
	Missing      int `json:"missing"`
	Failed       int `json:"failed"`
	InProgress   int `json:"in_progress"`
}

// Attempt is one attempt to materialize an asset.
type Attempt struct {
	Event     int64     `json:"event"` // its ID
	Run       string    `json:"run,omitempty"`
	Partition string    `json:"partition,omitempty"`
	At        time.Time `json:"at"`
	Error     string    `json:"error,omitempty"`
}

// CheckStatus is a check, and what it last came to.
type CheckStatus struct {
	CheckInfo

	Last *CheckRecord `json:"last,omitempty"` // nil if it was not made; without words, metadata and time if its run was deleted
}

// CheckRecord is what a check came to.
type CheckRecord struct {
	Event       int64            `json:"event"` // its ID
	Run         string           `json:"run,omitempty"`
	Partition   string           `json:"partition,omitempty"`
	At          time.Time        `json:"at"`
	Passed      bool             `json:"passed"`
	Warn        bool             `json:"warn,omitempty"` // not to have passed is a warning
	Description string           `json:"description,omitempty"`
	Metadata    []metadata.Entry `json:"metadata,omitempty"`

	// Old is set if the asset, or this partition of it, was made anew since.
	Old bool `json:"old,omitempty"`
}

// Status says how the selected assets stand, each after those that it needs.
func (r *Repository) Status(ctx context.Context, in *Instance, sel Selection) ([]AssetStatus, error) {
	c, selected, err := r.chosen(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	s, err := newStaleness(ctx, in, c, selected)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	out := make([]AssetStatus, 0, len(selected))
	for _, i := range selected {
		one, err := s.status(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("status of asset %s: %w", quote(c.assets[i].key), err)
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *staleness) status(ctx context.Context, i int32) (AssetStatus, error) {
	a := &s.catalog.assets[i]
	out := AssetStatus{Asset: a.key, External: a.external, Virtual: a.isView()}
	if d := s.catalog.divisionOf(a.asset); d != nil && !out.Virtual {
		known, err := s.inst.partitionStatus(ctx, a.key, d.def)
		if err != nil {
			return out, err
		}
		n := known.Counts(s.inst.now())
		out.Partitions = &PartitionTally{Materialized: n.Materialized, Missing: n.Missing, Failed: n.Failed, InProgress: n.InProgress}
	} else {
		one, err := s.of(ctx, i, "")
		if err != nil {
			return out, err
		}
		out.Status, out.Causes, out.Roots = one.Status, one.Causes, one.Roots
	}
	known, err := s.inst.record(ctx, a.key)
	if err != nil {
		return out, err
	}
	out.Latest, out.Failed = attempt(&known.Latest), attempt(&known.Failed)
	if out.Policy = describeFreshness(a.spec.freshness); out.Policy != nil {
		fresh, err := a.freshnessIn(ctx, s.inst)
		if err != nil {
			return out, err
		}
		out.Freshness = &fresh
	}
	out.Checks, err = s.checks(ctx, a)
	return out, err
}

func attempt(e *storage.Event) *Attempt {
	if e.ID == 0 {
		return nil
	}
	out := &Attempt{Event: e.ID, Run: string(e.Run), Partition: e.Partition, At: e.At}
	switch d := e.Data.(type) {
	case *storage.MaterializationData:
		if d.Error != nil {
			out.Error = d.Error.Message
		}
	case *storage.FailureData:
		out.Error = d.Error.Message
	default:
	}
	return out
}

// checks are the checks of an asset, and what each last came to.
func (s *staleness) checks(ctx context.Context, a *catalogAsset) ([]CheckStatus, error) {
	infos := s.catalog.describeChecks(a)
	if len(infos) == 0 {
		return nil, nil
	}
	newest := make(map[string]storage.CheckStatus, len(infos))
	err := s.inst.eachCheck(ctx, []string{a.key}, func(one *storage.CheckStatus) {
		if one.Evaluation > newest[one.Check].Evaluation {
			newest[one.Check] = *one
		}
	})
	if err != nil {
		return nil, fmt.Errorf("checks: %w", err)
	}
	out := make([]CheckStatus, len(infos))
	for i := range infos {
		out[i].CheckInfo = infos[i]
		if one, made := newest[infos[i].Name]; made {
			if out[i].Last, err = s.lastResult(ctx, a.asset, &one); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// lastResult is what a check last came to: all that was recorded of it, or what is left if its run was deleted.
func (s *staleness) lastResult(ctx context.Context, a *asset, one *storage.CheckStatus) (*CheckRecord, error) {
	filter := storage.EventFilter{Asset: a.key, Kinds: []storage.EventKind{storage.AssetCheckEvaluation}, After: one.Evaluation - 1, Limit: 1}
	page, err := s.inst.store.Events(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", quote(one.Check), err)
	}
	if len(page) > 0 && page[0].ID == one.Evaluation {
		if d, ok := page[0].Data.(*storage.CheckData); ok {
			return s.record(ctx, a, &page[0], d)
		}
	}
	e := &storage.Event{ID: one.Evaluation, Partition: one.Partition}
	if one.State == storage.CheckSucceeded || one.State == storage.CheckFailed { // else the run that is known is another one
		e.Run = one.Run
	}
	return s.record(ctx, a, e, &storage.CheckData{Passed: one.Passed, Severity: one.Severity})
}

func (s *staleness) record(ctx context.Context, a *asset, e *storage.Event, d *storage.CheckData) (*CheckRecord, error) {
	out := &CheckRecord{
		Event: e.ID, Run: string(e.Run), Partition: e.Partition, At: e.At,
		Passed: d.Passed, Warn: d.Severity == severityWarn, Description: d.Description, Metadata: d.Metadata,
	}
	now, err := s.version(ctx, a, e.Partition)
	if err != nil {
		return nil, err
	}
	out.Old = now != nil && now.event > e.ID && now.run != e.Run
	return out, nil
}
