package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/nearest"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// The flags that say for which partitions something is run.
const (
	flagPartition  = "partition"
	flagRange      = "partition-range"
	flagPartitions = "partitions"
	flagSingleRun  = "single-run"
)

// partitionFlags say for which partitions something is run.
type partitionFlags struct {
	key, span, list string
	single          bool
	stale           bool // only what is stale is run: without more, of all partitions
}

func (f *partitionFlags) add(cmd *cobra.Command, keys completion) {
	flags := cmd.Flags()
	flags.StringVar(&f.key, flagPartition, "", "for the partition `KEY`")
	flags.StringVar(&f.span, flagRange, "", "for the partitions `A...B`, both included, in one run")
	flags.StringVar(&f.list, flagPartitions, "", "for the partitions of a `LIST` such as \"[A...B], C\", or missing, failed, all or latest: one run each")
	flags.BoolVar(&f.single, flagSingleRun, false, "one run for all of --partitions")
	complete(cmd, flagPartition, keys)
}

// partitionHelp explains the flags.
const partitionHelp = "What is partitioned is run for one partition, --partition KEY, or for several: --partition-range A...B in one\n" +
	"run; --partitions in one run each, of a list of keys and ranges, or of those that are missing, failed, latest,\n" +
	"or all. Keys with commas or brackets are in double quotes. Ctrl-C then lets the run at hand end, and starts no other.\n\n"

// target is what is to be run, as far as partitions go.
type target struct {
	what   string   // names it in a message
	assets []string // the partitioned assets that it makes
	info   *dagster.PartitionsInfo
	again  []string // the command, without the flags that choose partitions
	stages []stage  // of assets of which some are partitioned and others are not, or in another way
}

// add says that an asset is to be made.
func (t *target) add(info *dagster.AssetInfo) {
	switch {
	case info.Partitions == nil:
		return
	case t.info == nil:
		of := *info.Partitions
		t.info = &of
	default:
		t.info.SingleRun = t.info.SingleRun && info.Partitions.SingleRun
	}
	t.assets = append(t.assets, info.Key)
	t.what = fmt.Sprintf("asset %q", t.assets[0])
}

// assetTarget is the target that a selection of assets is.
func assetTarget(r *dagster.Repository, sel string) (*target, error) {
	keys, err := r.Selected(dagster.Selection(sel))
	if err != nil {
		return nil, err
	}
	infos, err := r.Assets()
	if err != nil {
		return nil, err
	}
	t := &target{what: fmt.Sprintf("selection %q", sel), again: []string{"asset", "materialize", "--select", sel}}
	for i := range infos {
		if !infos[i].External && slices.Contains(keys, infos[i].Key) {
			t.add(&infos[i])
		}
	}
	if t.info != nil {
		t.stages = stages(infos, keys)
	}
	return t, nil
}

// jobTarget is the target that a job is.
func jobTarget(r *dagster.Repository, job *dagster.JobInfo) (*target, error) {
	t := &target{what: fmt.Sprintf("job %q", job.Name), info: job.Partitions, again: []string{"job", "execute", job.Name}}
	infos, err := r.Assets()
	if err != nil {
		return nil, err
	}
	for i := range infos {
		if infos[i].Partitions != nil && slices.Contains(job.Assets, infos[i].Key) {
			t.assets = append(t.assets, infos[i].Key)
		}
	}
	return t, nil
}

// choice is which partitions something is to be run for, not yet looked up.
type choice struct {
	partitionFlags
	of  *target
	set partition.Set // what there is, once it is looked up
}

// choose checks that the flags fit what is to be run; nil if that is not partitioned.
func (f *partitionFlags) choose(cmd *cobra.Command, t *target) (*choice, error) {
	if err := oneOf(cmd, flagPartition, flagRange, flagPartitions); err != nil {
		return nil, err
	}
	given := ""
	for _, name := range []string{flagSingleRun, flagPartition, flagRange, flagPartitions} {
		if cmd.Flags().Changed(name) {
			given = name
		}
	}
	if f.stale && t.info != nil && (given == "" || given == flagSingleRun) {
		f.list, f.single, given = choiceAll, true, flagPartitions // each is looked at, and what is fresh is left alone
	}
	switch {
	case t.info == nil && given != "":
		return nil, usage("--%s: %s is not partitioned", given, t.what)
	case t.info == nil:
		return nil, nil //nolint:nilnil // no partitions
	case t.mixed() && !isWord(f.list):
		return nil, t.errMixed()
	case given == "" || given == flagSingleRun:
		return nil, usage("%s is partitioned (%s): say for which of them with --partition%s, --partition-range or --partitions",
			t.what, divisionText(t.info), exampleKey(t.info.Definition))
	case f.single && given != flagPartitions:
		return nil, usage("--single-run: it goes with --partitions")
	}
	return &choice{partitionFlags: *f, of: t}, nil
}

// exampleKey is the last key that exists, after a space, or none.
func exampleKey(d partition.Definition) string {
	if len(d.DynamicNames()) > 0 {
		return " KEY"
	}
	last, ok := d.At(time.Now(), nil).Last()
	if !ok {
		return " KEY"
	}
	return " " + shellWord(last)
}

// stored reports whether the store has to be asked.
func (c *choice) stored() bool {
	return c.list == choiceMissing || c.list == choiceFailed || len(c.of.info.Definition.DynamicNames()) > 0
}

// The words that choose partitions. One that is meant as a key is in double quotes.
const (
	choiceMissing = "missing"
	choiceFailed  = "failed"
	choiceAll     = "all"
	choiceLatest  = "latest"
)

func isWord(list string) bool {
	return slices.Contains([]string{choiceMissing, choiceFailed, choiceAll, choiceLatest}, list)
}

// errNone reports that a word chose no partition, which is no mistake.
var errNone = errors.New("nothing to run")

// find looks up which partitions are chosen. The store may be nil if it need not be asked.
func (c *choice) find(ctx context.Context, store storage.PartitionStore, now time.Time) (partition.Subset, error) {
	set, ok, err := c.alone(ctx, store, now)
	if err == nil && !ok {
		set, err = setOf(ctx, store, c.of.info.Definition, now)
	}
	if err != nil {
		return partition.Subset{}, err
	}
	c.set = set
	chosen, err := c.in(ctx, store, set)
	if err != nil {
		return chosen, err
	}
	return chosen, checkThere(chosen, set)
}

// alone is the one dynamic key that is asked for, where the others, of which there may be a million, need not be read.
func (c *choice) alone(ctx context.Context, store storage.PartitionStore, now time.Time) (set partition.Set, ok bool, err error) {
	d := c.of.info.Definition
	if c.key == "" || d.Kind() != partition.KindDynamic || store == nil {
		return set, false, nil
	}
	there, err := store.HasDynamic(ctx, d.Name(), []string{c.key})
	if err != nil {
		return set, false, storeError(err)
	}
	if !there[0] {
		return set, false, nil
	}
	keys, err := partition.NewSnapshot(map[string][]string{d.Name(): {c.key}})
	return d.At(now, keys), err == nil, err
}

func (c *choice) in(ctx context.Context, store storage.PartitionStore, set partition.Set) (partition.Subset, error) {
	switch {
	case c.key != "":
		chosen, err := set.Of(c.key)
		if err != nil {
			return chosen, unknownKey(c.key, set)
		}
		return chosen, nil
	case c.span != "":
		return cutRange(c.span, set)
	case c.list == "":
		return set.None(), usage("the key of a partition is empty")
	}
	var chosen partition.Subset
	var err error
	switch c.list {
	case choiceAll:
		chosen = set.All()
	case choiceLatest:
		chosen, err = latestOf(set)
	case choiceMissing, choiceFailed:
		chosen, err = c.byStatus(ctx, store, set)
	default:
		if chosen, err = set.Parse(c.list); err != nil {
			err = usage("%w; there are %s", err, extent(set))
		}
		return chosen, err
	}
	if err == nil && chosen.Empty() {
		err = errNone
	}
	return chosen, err
}

// byStatus are the partitions that are missing, or failed, of any of the assets.
func (c *choice) byStatus(ctx context.Context, store storage.PartitionStore, set partition.Set) (partition.Subset, error) {
	chosen := set.None()
	if len(c.of.assets) == 0 {
		return chosen, usage("--partitions %s: %s is of ops, and only partitions of assets have a status; name the partitions", c.list, c.of.what)
	}
	for _, key := range c.of.assets {
		status, err := statusOf(ctx, store, key, set.Definition())
		if err != nil {
			return chosen, err
		}
		if c.list == choiceFailed {
			chosen = chosen.Union(set.All().Intersect(status.Failed))
		} else {
			chosen = chosen.Union(set.All().Difference(status.Materialized))
		}
	}
	return chosen, nil
}

func statusOf(ctx context.Context, store storage.PartitionStore, asset string, d partition.Definition) (storage.PartitionStatus, error) {
	if err := store.Divide(ctx, map[string]partition.Definition{asset: d}); err != nil {
		return storage.PartitionStatus{}, storeError(err)
	}
	status, err := store.PartitionStatus(ctx, asset)
	if err != nil {
		return status, storeError(err)
	}
	return status, nil
}

// latestOf is the last partition; of several dimensions the last of time, with all of the others.
func latestOf(set partition.Set) (partition.Subset, error) {
	last, ok := set.Last()
	if !ok {
		return set.None(), nil
	}
	for _, d := range set.Definition().Dimensions() {
		if d.Definition.Kind() != partition.KindWindows {
			continue
		}
		parts, err := set.Definition().Split(last)
		if err != nil {
			return set.None(), err
		}
		return set.With(d.Name, parts[d.Name])
	}
	return set.Of(last)
}

const dots = "..."

// cutRange reads A...B. Keys may hold dots themselves: it is cut where that leaves two keys.
func cutRange(text string, set partition.Set) (partition.Subset, error) {
	var found []partition.Subset
	for at := 0; at+len(dots) <= len(text); at++ {
		from, to := text[:at], text[at:]
		to, ok := strings.CutPrefix(to, dots)
		if !ok || !set.Has(from) || !set.Has(to) {
			continue
		}
		chosen, err := set.Range(from, to)
		if err != nil {
			return chosen, usage("--%s: %w", flagRange, err)
		}
		found = append(found, chosen)
	}
	from, to, ok := strings.Cut(text, dots)
	switch {
	case len(found) > 1:
		return set.None(), usage("--%s %q: it can be cut in %d ways; use --%s --%s with the keys in double quotes: '[\"A\"...\"B\"]'", flagRange, text, len(found), flagPartitions, flagSingleRun)
	case len(found) == 1 && found[0].Empty():
		return set.None(), usage("--%s %q: the first key comes after the last", flagRange, text)
	case len(found) == 1:
		return found[0], nil
	case !ok:
		return set.None(), usage("--%s %q: want A...B, the first and the last partition", flagRange, text)
	case !set.Has(from):
		return set.None(), unknownKey(from, set)
	}
	return set.None(), unknownKey(to, set)
}

// checkThere reports chosen partitions that do not exist.
func checkThere(chosen partition.Subset, set partition.Set) error {
	gone := chosen.Difference(set.All())
	for key := range gone.Keys() {
		return unknownKey(key, set)
	}
	if chosen.Empty() {
		return usage("no partition is chosen; there are %s", extent(set))
	}
	return nil
}

// mostGuessed is how many keys are compared with one that does not exist.
const mostGuessed = 10_000

// unknownKey reports a partition that does not exist.
func unknownKey(key string, set partition.Set) error {
	if d := set.Definition(); d.Kind() != partition.KindWindows && set.Count() <= mostGuessed {
		if near := nearest.Name(key, slices.Collect(set.Keys())); near != "" {
			return usage("no partition %q; is it %q?", key, near)
		}
	}
	return usage("no partition %q; there are %s", key, extent(set))
}
