package shop

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage/sqlite"
)

// Today makes the revenue anew and returns it. Runs and values are kept in dir.
func Today(ctx context.Context, dir string, opts ...dagster.RunOption) (sum Sum, err error) {
	store, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "dagster.db")})
	if err != nil {
		return Sum{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	inst := dagster.NewInstance(dagster.InstanceConfig{Storage: store, IO: dagster.FileIO(filepath.Join(dir, "storage"))})

	repo := dagster.NewRepository("shop", Definitions)
	result, err := repo.Materialize(ctx, "+key:revenue", append(opts, dagster.OnInstance(inst))...)
	if err != nil {
		return Sum{}, err // a *dagster.RunError, which names every failed step
	}
	return Revenue.Value(result)
}
