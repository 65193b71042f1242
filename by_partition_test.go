package dagster_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// What an IO manager says of one partition is not said of the others.
func TestByPartition_metadata(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := dagster.NewAsset("a", dagster.ByPartition(dagster.From(func(ctx context.Context) (map[string]int, error) {
		dagster.AddMetadata(ctx, metadata.Int("of all", 7))
		out := make(map[string]int)
		for _, key := range dagster.Partition(ctx).Keys {
			out[key] = 1
		}
		return out, nil
	})), dagster.Partitioned(testDays))
	inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(dir)})
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*", dagster.PartitionRange("2024-01-01", "2024-02-19"), dagster.OnInstance(inst))
	require.NoError(t, err)
	made := 0
	for e := range r.Events() {
		if m, ok := e.Data.(*storage.MaterializationData); ok && e.Kind == storage.AssetMaterialization {
			made++
			path := filepath.Join(dir, "a@", e.Partition+".json")
			assert.Equal(t, []metadata.Entry{metadata.Int("of all", 7), metadata.Path("path", path)}, m.Metadata)
			assert.FileExists(t, path)
		}
	}
	assert.Equal(t, 50, made)
}
