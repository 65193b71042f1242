package dagster_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/dags"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// BenchmarkStaleness finds out what is stale of 10,000 assets that are kept in SQLite.
func BenchmarkStaleness(b *testing.B) {
	const n = 10_000
	store, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "dagster.db")})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	inst := dagster.NewInstance(dagster.InstanceConfig{Storage: store})
	repo := dagster.NewRepository("bench", declare(dags.Layers(n)))
	_, err = repo.Materialize(b.Context(), "*", dagster.OnInstance(inst))
	require.NoError(b, err)
	b.Run("10000", func(b *testing.B) {
		for b.Loop() {
			all, err := repo.Staleness(b.Context(), inst, "*")
			require.NoError(b, err)
			require.Len(b, all, n)
		}
	})
}
