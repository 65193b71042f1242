package cli_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

// Events of ops say what they are about: the key, the step that made an input, metadata, and the asset of somebody else.
func TestEventsOfOps(t *testing.T) {
	t.Parallel()

	keys := dagster.NewOp("keys", func(context.Context) (dagster.Dynamic[int], error) { return dagster.Dynamic[int]{"k": 1}, nil })
	load := dagster.NewOp1("load", func(ctx context.Context, n int) (int, error) {
		dagster.ReportMaterialization(ctx, "warehouse", metadata.Int("rows", 3))
		dagster.AddMetadata(ctx, metadata.Int("bytes", 7))
		return n, nil
	})
	g := dagster.NewGraph("g", func(s *dagster.Scope) dagster.Output[[]int] { return dagster.Map(s, keys.In(s), load.In) })
	cfg := cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", dagster.NewJob("nightly", g))}}
	home := newHome(t)
	requireCode(t, 0, call(t, cfg, at(home, "job", "execute", "nightly")...))
	shown := call(t, cfg, at(home, "run", "events", "latest")...)
	requireCode(t, 0, shown)
	assert.Regexp(t, `STEP_OUTPUT +keys +key k\n`, shown.stdout)
	assert.Regexp(t, `STEP_INPUT +load\[k\] +from keys\n`, shown.stdout)
	assert.Regexp(t, `ASSET_MATERIALIZATION +load\[k\] +of warehouse  rows=3\n`, shown.stdout)
	assert.Regexp(t, `STEP_OUTPUT +load\[k\] +bytes=7\n`, shown.stdout)
}
