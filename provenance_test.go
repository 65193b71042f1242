package dagster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func made(t *testing.T, inst *dagster.Instance, key string) *storage.MaterializationData {
	t.Helper()
	e, err := inst.Storage().LatestMaterialization(t.Context(), key, "")
	require.NoError(t, err)
	m, ok := e.Data.(*storage.MaterializationData)
	require.True(t, ok)
	return m
}

func TestMaterializationsSayWhatTheyWereMadeFrom(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	src := dagster.NewSource[int]("src")
	a := dagster.NewAsset("a", dagster.From(number(1)), dagster.CodeVersion("1"))
	b := dagster.NewAsset("b", dagster.From3(src, a, dagster.Optional(a), func(_ context.Context, x, y int, z dagster.Maybe[int]) (int, error) { return x + y + z.Value, nil }), dagster.CodeVersion("2"))
	c := dagster.NewAsset("c", dagster.From1(b, addOne))
	repo := dagster.NewRepository("r", src, a, b, c)
	require.NoError(t, src.Report(t.Context(), inst, "", metadata.Rows(1)))
	run := func(sel dagster.Selection) {
		_, err := repo.Materialize(t.Context(), sel, dagster.OnInstance(inst), src.Given(1))
		require.NoError(t, err)
	}
	run("*")
	first := [3]*storage.MaterializationData{made(t, inst, "a"), made(t, inst, "b"), made(t, inst, "c")}
	require.Len(t, first[1].Provenance.Inputs, 2, "one for each asset, whatever it is read for")
	assert.Equal(t, storage.InputVersion{Asset: "a", DataVersion: first[0].DataVersion}, first[1].Provenance.Inputs[0])
	assert.Equal(t, made(t, inst, "src").DataVersion, first[1].Provenance.Inputs[1].DataVersion)
	assert.NotZero(t, first[1].Provenance.Inputs[1].Event)
	assert.Equal(t, "2", first[1].Provenance.CodeVersion)

	run("*")
	second := [3]*storage.MaterializationData{made(t, inst, "a"), made(t, inst, "b"), made(t, inst, "c")}
	assert.Equal(t, first[0].DataVersion, second[0].DataVersion, "same code, same inputs")
	assert.Equal(t, first[1].DataVersion, second[1].DataVersion)
	assert.NotEqual(t, first[2].DataVersion, second[2].DataVersion, "without a code version each run makes a new one")

	run("c")
	third := made(t, inst, "c")
	require.Len(t, third.Provenance.Inputs, 1)
	assert.Equal(t, second[1].DataVersion, third.Provenance.Inputs[0].DataVersion)
	assert.NotZero(t, third.Provenance.Inputs[0].Event, "read as it was stored before")
}
