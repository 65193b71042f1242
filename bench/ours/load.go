package main

import (
	"context"
	"fmt"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/bench/internal/dags"
)

// loadCases measure how long it takes to declare n assets and to check a repository of them.
func loadCases(ctx context.Context, every bool) error {
	for _, n := range sizes(every, []int{100, 1000}, 10_000) {
		err := series(ctx, "load", task{Case: "load", N: n}, 3, []metric{
			{"load_s", "", "s"},
			{"wall_s", "/process", "s"},
			{"cpu_s", "/process/cpu", "cpu s"},
			{"peak_rss_mib", "/peak_rss", "MiB"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func load(t task) (figures, error) {
	stop := watch()
	if err := repository(dags.Layered(t.N)).Validate(); err != nil {
		return nil, err
	}
	wall, _ := stop()
	return figures{"load_s": wall}, nil
}

// repository has one asset a node, each 1 + the sum of what it reads.
func repository(graph [][]int) *dagster.Repository {
	nodes := make([]*dagster.Asset[int], len(graph))
	defs := make([]dagster.Definition, len(graph))
	for i, reads := range graph {
		name := fmt.Sprintf("n%d", i)
		if len(reads) == 0 {
			nodes[i] = dagster.NewAsset(name, dagster.From(one))
		} else {
			up := make([]*dagster.Asset[int], len(reads))
			for k, r := range reads {
				up[k] = nodes[r]
			}
			nodes[i] = dagster.NewAsset(name, dagster.From1(dagster.FanIn(up...), sum))
		}
		defs[i] = nodes[i]
	}
	return dagster.NewRepository("bench", defs...)
}

func one(context.Context) (int, error) { return 1, nil }

func sum(_ context.Context, in []int) (int, error) {
	total := 1
	for _, v := range in {
		total += v
	}
	return total, nil
}
