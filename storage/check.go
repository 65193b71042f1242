package storage

import "context"

// CheckState says how a check of an asset stands. The strings are stored and sent; they never change.
type CheckState string

// The states of a check that was ever planned or made.
const (
	CheckInProgress      CheckState = "IN_PROGRESS"      // planned by a run that has not ended
	CheckSucceeded       CheckState = "SUCCEEDED"        // it passed
	CheckFailed          CheckState = "FAILED"           // it did not pass, be it as a warning
	CheckExecutionFailed CheckState = "EXECUTION_FAILED" // its run failed before it came to a result
	CheckSkipped         CheckState = "SKIPPED"          // its run ended otherwise without a result
)

// CheckKey names a check of one partition of an asset; the partition is empty for an asset that has none.
type CheckKey struct{ Asset, Check, Partition string }

// CheckStatus is what is known of one check of one partition. A later plan of another run takes it over; what was found
// before stays known meanwhile.
type CheckStatus struct {
	CheckKey

	State    CheckState
	Run      RunID // that the state is of; empty if a check was reported outside of runs
	Blocking bool  // as the newest event said

	// Evaluation is the ID of the newest ASSET_CHECK_EVALUATION, 0 if there is none; the two that follow are of it.
	Evaluation int64
	Passed     bool
	Severity   string // ERROR or WARN

	// Materialization is the ID of the newest materialization when it was evaluated, Latest that of the newest now: both of
	// the partition, or of any partition if the check's is empty; 0 for none.
	Materialization int64
	Latest          int64
}

// LookedAtLatest reports whether the newest evaluation saw what was materialized last.
func (s *CheckStatus) LookedAtLatest() bool {
	return s.Evaluation != 0 && s.Materialization == s.Latest
}

// CheckFilter chooses checks; its zero value chooses all.
type CheckFilter struct {
	Assets    []string // of one of these; none for all
	Check     string   // of this name; empty for all
	Partition string   // of this partition; empty for all
	After     CheckKey // the last one of the page before
	Limit     int      // Defaults to 1000; at most 10000, what is more counts as that.
}

// CheckStore keeps how checks of assets stand, maintained as events are appended. Deleting runs and their events, and
// wiping partitions, changes nothing of it.
//
// What events say of a check, in the order in which they are stored: an ASSET_CHECK_EVALUATION_PLANNED puts it in progress,
// for the run that the event belongs to; an ASSET_CHECK_EVALUATION is its result, and ends the progress if that is of its own
// run. When a run ends, so does what is still in progress for it: it could not be made if the run has failed, else it was
// skipped. Events whose payload is not a [CheckData] say nothing.
type CheckStore interface {
	// CheckStatuses returns one page of the checks that f chooses, by asset, name and partition.
	CheckStatuses(ctx context.Context, f CheckFilter) ([]CheckStatus, error)
}
