package cli_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// What is said of a step within a graph, nested as Dagster does, is told with the place where it was written.
func TestMistakesInConfigOfNestedSteps(t *testing.T) {
	t.Parallel()

	limit := dagster.NewConfig("limit", fate{})
	one := dagster.NewOp1("clean", func(_ context.Context, f fate) (bool, error) { return f.Fails, nil })
	etl := dagster.NewGraph("etl", func(s *dagster.Scope) dagster.Output[bool] { return one.In(s, limit) })
	all := dagster.NewGraph("all", func(s *dagster.Scope) dagster.Output[bool] { return etl.In(s) })
	dir := write(t, map[string]string{"a.yaml": `ops:
  etl:
    ops:
      clean:
        config:
          fails: 3
          fales: true
      klean:
        config: {}
  etl.clean: {config: {fails: 4}}
`})
	cfg := cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("r", dagster.NewJob("nested", all))}}
	g := call(t, cfg, at(newHome(t), "job", "execute", "nested", "--config", dir+"/a.yaml")...)
	requireCode(t, 2, g)
	assert.Contains(t, g.stderr, `a.yaml:6:18: ops.etl.ops.clean.config.fails: want bool, got number 3`)
	assert.Contains(t, g.stderr, `a.yaml:7:11: ops.etl.ops.clean.config.fales: unknown field, did you mean "fails"?`)
	assert.Contains(t, g.stderr, `a.yaml:8:7: ops.etl.ops.klean: no step of that name`)
	assert.Contains(t, g.stderr, `a.yaml:10:31: ops.etl.clean.config.fails: want bool, got number 4`)
}
