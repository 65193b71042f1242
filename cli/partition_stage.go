package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/selection"
	"github.com/dagster-go/dagster/partition"
)

// stage is assets that are partitioned in one way, or not at all, and that need no others but those of stages before.
type stage struct {
	keys []string
	of   *target // of what is not partitioned its info is nil
}

// stages divides selected assets into as few stages as the order in which they come allows.
func stages(infos []dagster.AssetInfo, keys []string) []stage {
	var left []*dagster.AssetInfo
	for i := range infos {
		if !infos[i].External && slices.Contains(keys, infos[i].Key) {
			left = append(left, &infos[i])
		}
	}
	waits := make(map[string]bool, len(left))
	for _, info := range left {
		waits[info.Key] = true
	}
	var out []stage
	for len(left) > 0 {
		made := fullest(left, waits)
		if len(made) == 0 { // they need each other
			made = left
		}
		s := stage{of: &target{}}
		for _, info := range made {
			delete(waits, info.Key)
			s.keys = append(s.keys, info.Key)
			s.of.add(info)
		}
		quoted := make([]string, len(s.keys))
		for i, key := range s.keys {
			quoted[i] = selection.Exactly(key)
		}
		s.of.again = []string{"asset", "materialize", "--select", strings.Join(quoted, " or ")}
		left = slices.DeleteFunc(slices.Clone(left), func(info *dagster.AssetInfo) bool { return slices.Contains(made, info) })
		out = append(out, s)
	}
	return out
}

// fullest are the most assets that can be made now and are partitioned in one way; what is not partitioned comes when
// nothing else can, so that it finds all that it may need.
func fullest(left []*dagster.AssetInfo, waits map[string]bool) []*dagster.AssetInfo {
	var best []*dagster.AssetInfo
	var tried []partition.Definition
	for _, first := range left {
		by := divisionOf(first)
		if slices.ContainsFunc(tried, by.Equal) {
			continue
		}
		tried = append(tried, by)
		made := madeTogether(left, waits, by)
		whole := len(best) > 0 && best[0].Partitions == nil
		if len(best) == 0 || len(made) > 0 && (whole || by.Kind() != partition.KindNone && len(made) > len(best)) {
			best = made
		}
	}
	return best
}

// madeTogether are the assets partitioned in one way that need none that waits.
func madeTogether(left []*dagster.AssetInfo, waits map[string]bool, by partition.Definition) []*dagster.AssetInfo {
	var made []*dagster.AssetInfo
	inside := make(map[string]bool)
	for _, info := range left { // each after those that it needs
		ready := !slices.ContainsFunc(info.Upstream, func(up string) bool { return waits[up] && !inside[up] && up != info.Key })
		if ready && divisionOf(info).Equal(by) {
			made = append(made, info)
			inside[info.Key] = true
		}
	}
	return made
}

func divisionOf(info *dagster.AssetInfo) partition.Definition {
	if info.Partitions == nil {
		return partition.Definition{}
	}
	return info.Partitions.Definition
}

// executeStages executes one stage after the other, up to one that fails.
func (a *app) executeStages(ctx context.Context, x execution) error {
	all := x.choice.of.stages
	for i, s := range all {
		y := x
		y.choice, y.remarks, y.checks = nil, nil, checkResults{}
		sel := dagster.Selection(s.of.again[len(s.of.again)-1])
		y.start = func(ctx context.Context, opts ...dagster.RunOption) (*dagster.Result, error) {
			return x.repository.Materialize(ctx, sel, opts...)
		}
		if !x.json {
			head := line{{fmt.Sprintf("Part %d of %d: ", i+1, len(all)), dim}, {some(s.keys, 4), bold}}
			if i > 0 {
				head[0].text = "\n" + head[0].text
			}
			if err := write(a.Stdout, head.render(a.style, 0)+"\n"); err != nil {
				return err
			}
		}
		err := a.executeStage(ctx, y, x.choice, s)
		if err == nil && ctx.Err() != nil {
			err = &exit{code: exitInterrupted, err: context.Cause(ctx)}
		}
		if err != nil {
			if left := len(all) - i - 1; left > 0 {
				fmt.Fprintf(a.Stderr, "%s: %s not run\n", a.Name, count(left, "part"))
			}
			return err
		}
	}
	return nil
}

func (a *app) executeStage(ctx context.Context, x execution, chosen *choice, s stage) error {
	if s.of.info != nil {
		x.choice = &choice{partitionFlags: chosen.partitionFlags, of: s.of}
		return a.executePartitions(ctx, x)
	}
	var err error
	if x.home, err = a.runHome(ctx); err != nil {
		return err
	}
	return a.execute(ctx, x)
}

// mixed reports whether partitions of several definitions are made.
func (t *target) mixed() bool {
	var first *partition.Definition
	for _, s := range t.stages {
		if s.of.info == nil {
			continue
		}
		if first != nil && !first.Equal(s.of.info.Definition) {
			return true
		}
		first = &s.of.info.Definition
	}
	return false
}

// errMixed reports partitions that no single run makes.
func (t *target) errMixed() error {
	var names []string
	for _, s := range t.stages {
		if s.of.info != nil {
			names = append(names, fmt.Sprintf("%q (%s)", s.of.assets[0], divisionText(s.of.info)))
		}
	}
	return &exit{code: exitUsage, err: errors.New("assets are partitioned in different ways: " + some(names, 3) +
		"; --partitions missing, all, latest or failed runs one after the other, --select chooses some")}
}
