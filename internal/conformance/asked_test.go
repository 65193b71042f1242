package conformance_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
)

// How many recorded cases are left out is written down, so that no rule leaves out more than it says.
func TestCasesThatAreNotAsked(t *testing.T) {
	t.Parallel()

	assertLeftOut(t, "run_semantics", 2, slices.Concat(notAsked(), answeredOtherwise()))
	assertLeftOut(t, "step_keys", 2, slices.Concat(plansNotAsked(), plansAnsweredOtherwise()))
	assertLeftOut(t, "reexecution", 0, slices.Concat(againNotAsked(), againAnsweredOtherwise()))
	assertLeftOut(t, "tags_validation", 51, keysThatDiffer())
	assertLeftOut(t, "metadata_values", 10, metadataRules())
	assertLeftOut(t, "asset_selection", 0, selectionRules(selectionGraphs(t)))
	assertLeftOut(t, "freshness", 0, freshnessRules())
}

func assertLeftOut[C any](t *testing.T, file string, want int, rules []conformance.Rule[C]) {
	t.Helper()

	f, err := conformance.Read(file)
	require.NoError(t, err)
	asked, _, notes, err := conformance.Plan(f, rules...)
	require.NoError(t, err)
	if !f.Elsewhere {
		assert.Len(t, asked, len(f.Cases)-want, "%s: %v", file, notes)
	}
}
