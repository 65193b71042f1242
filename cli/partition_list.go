package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// keyFlags choose a page of partitions.
type keyFlags struct {
	dynamic bool
	state   string
	limit   int
	after   string
	json    bool
}

// keyJSON is a partition as "partition list --json" has it: its state is MISSING, MATERIALIZED, FAILED or IN_PROGRESS. Of
// dynamic partitions by name there is none.
type keyJSON struct {
	Partition string                 `json:"partition"`
	State     storage.PartitionState `json:"state,omitempty"`
}

func (a *app) partitionList() *cobra.Command {
	var f keyFlags
	cmd := &cobra.Command{
		Use:     "list ASSET",
		Aliases: []string{"ls"},
		Short:   "List the partitions of an asset, or the keys of dynamic partitions, by page",
		Example: a.example("partition list days", "partition list days --state failed --limit 1000", "partition list days --after 2024-02-03",
			"partition list --dynamic customers", "partition list days --json | jq -r '.[].partition'"),
		Args:              oneArg("the key of an asset, or with --dynamic the name of dynamic partitions"),
		ValidArgsFunction: a.completePartitioned,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.limit < 1 || f.limit > 10_000 {
				return usage("--limit %d: want 1 to 10000", f.limit)
			}
			return a.withStore(cmd.Context(), func(h *home) error {
				list, err := a.keys(cmd.Context(), h, args[0], f)
				if err != nil {
					return err
				}
				return a.showKeys(list, args[0], f)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.dynamic, "dynamic", false, "the argument is the name of dynamic partitions")
	flags.StringVar(&f.state, "state", "", "only those in `STATE`: "+strings.Join(stateNames(), ", "))
	flags.IntVar(&f.limit, "limit", 100, "at most `N` partitions, up to 10000")
	flags.StringVar(&f.after, "after", "", "only those after `KEY`: the last of the page before")
	flags.BoolVar(&f.json, "json", false, "print a JSON list")
	complete(cmd, "state", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "after", a.completeKeysOfAsset)
	return cmd
}

func stateNames() []string {
	out := make([]string, 0, len(states()))
	for _, s := range states() {
		out = append(out, strings.ToLower(string(s)))
	}
	return out
}

// states are all states, in the order in which people are told.
func states() []storage.PartitionState {
	return []storage.PartitionState{storage.PartitionMaterialized, storage.PartitionFailed, storage.PartitionInProgress, storage.PartitionMissing}
}

// keys is the page that the flags choose.
func (a *app) keys(ctx context.Context, h *home, name string, f keyFlags) ([]keyJSON, error) {
	if f.dynamic {
		return a.dynamicKeys(ctx, h, name, f)
	}
	state := storage.PartitionState(strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(f.state), "-", "_")))
	if f.state != "" && !slices.Contains(states(), state) {
		return nil, usage("--state %q: want one of %s", f.state, strings.Join(stateNames(), ", "))
	}
	list, err := a.partitionedAssets(name)
	if err != nil {
		return nil, err
	}
	status, set, err := assetStatus(ctx, h, list[0])
	if err != nil {
		return nil, err
	}
	at := -1
	if f.after != "" {
		n, ok := set.Index(f.after)
		if !ok {
			return nil, fmt.Errorf("--after: %w", unknownKey(f.after, set))
		}
		at = n
	}
	keys := keysFrom(set, at+1)
	if f.state != "" {
		keys = keysAfter(status.In(state, now(h)), set, at)
	}
	out := []keyJSON{}
	for key := range keys {
		out = append(out, keyJSON{key, status.Of(key)})
		if len(out) == f.limit {
			break
		}
	}
	return out, nil
}

// now is the time at which partitions are looked at.
func now(h *home) time.Time {
	if h == nil {
		return time.Now()
	}
	return h.inst.Now()
}

// assetStatus is what is known of an asset's partitions, and which exist. Without a home all are missing.
func assetStatus(ctx context.Context, h *home, p partitioned) (storage.PartitionStatus, partition.Set, error) {
	if h == nil {
		return storage.PartitionStatus{Definition: p.definition}, p.definition.At(time.Now(), nil), nil
	}
	status, err := statusOf(ctx, h.store, p.key, p.definition)
	return status, p.definition.At(h.inst.Now(), status.Keys), err
}

// keysFrom are the keys of a set from a place on.
func keysFrom(set partition.Set, from int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := from; ; i++ {
			key, ok := set.Nth(i)
			if !ok || !yield(key) {
				return
			}
		}
	}
}

// keysAfter are the keys of a subset after a place of the set.
func keysAfter(some partition.Subset, set partition.Set, at int) iter.Seq[string] {
	first, ok := set.Nth(at + 1)
	last, _ := set.Last()
	if ok && set.Definition().Kind() != partition.KindMulti {
		if rest, err := set.Range(first, last); err == nil {
			return some.Intersect(rest).Keys()
		}
	}
	return func(yield func(string) bool) {
		for key := range some.Keys() {
			if n, there := set.Index(key); there && n > at && !yield(key) {
				return
			}
		}
	}
}

func (a *app) dynamicKeys(ctx context.Context, h *home, name string, f keyFlags) ([]keyJSON, error) {
	if f.state != "" {
		return nil, usage("--state: dynamic partitions have none by themselves; name an asset")
	}
	var store storage.PartitionStore
	if h != nil {
		store = h.store
	}
	if err := a.checkDynamic(ctx, store, name); err != nil {
		return nil, err
	}
	out := []keyJSON{}
	if h == nil {
		return out, nil
	}
	keys, err := store.DynamicKeys(ctx, storage.DynamicFilter{Name: name, After: f.after, Limit: f.limit})
	if errors.Is(err, partition.ErrKey) {
		return nil, usage("--after %q: no such key", f.after)
	}
	if err != nil {
		return nil, storeError(err)
	}
	for _, key := range keys {
		out = append(out, keyJSON{Partition: key})
	}
	return out, nil
}

func (a *app) showKeys(list []keyJSON, name string, f keyFlags) error {
	if f.json {
		return writeJSON(a.Stdout, list)
	}
	if len(list) == 0 {
		return write(a.Stdout, "No partitions that fit.\n")
	}
	var t table
	head := []string{"PARTITION", "STATE"}
	if f.dynamic {
		head = head[:1]
	}
	t.head(head...)
	for _, k := range list {
		t.add(span{k.Partition, plain}, span{strings.ToLower(string(k.State)), stateColor(k.State)})
	}
	if err := write(a.Stdout, t.text(a.style)); err != nil {
		return err
	}
	if len(list) == f.limit {
		words := []string{"partition", "list", name}
		if f.dynamic {
			words = append(words, "--dynamic")
		}
		if f.state != "" {
			words = append(words, "--state", f.state)
		}
		words = append(words, "--limit", strconv.Itoa(f.limit), "--after", list[len(list)-1].Partition)
		fmt.Fprintf(a.Stderr, "More: %s\n", a.command(words...))
	}
	return nil
}

func stateColor(s storage.PartitionState) color {
	switch s {
	case storage.PartitionMaterialized:
		return green
	case storage.PartitionFailed:
		return red
	case storage.PartitionInProgress:
		return cyan
	case storage.PartitionMissing:
	}
	return dim
}
