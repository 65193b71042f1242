package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// calls is how many materializations are written by a call each; the rest is written together.
const calls = 300

// partitionCases measure the state of an asset with many hourly partitions, every second of which was made.
func partitionCases(ctx context.Context, every bool) error {
	for _, n := range sizes(every, []int{1000, 10_000}, 100_000, 1_000_000) {
		err := series(ctx, "partitions", task{Case: "partitions", N: n}, 3, []metric{
			{"write", "/write", "events/s"},
			{"write_cpu", "/write/cpu", "cpu us/event"},
			{"cold", "/status/cold", "ms"},
			{"cold_cpu", "/status/cold/cpu", "cpu ms"},
			{"warm", "/status/warm", "ms"},
			{"warm_cpu", "/status/warm/cpu", "cpu ms"},
			{"event", "/status/event", "ms"},
			{"event_cpu", "/status/event/cpu", "cpu ms"},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// partitions measures one size, in a database of its own.
func partitions(ctx context.Context, t task) (_ figures, err error) {
	hours, err := partition.Windows(partition.WindowConfig{
		Every: partition.Hourly, Start: "2010-01-01-00:00", End: time.Date(2010, 1, 1, t.N, 0, 0, 0, time.UTC).Format("2006-01-02-15:04"),
	})
	if err != nil {
		return nil, err
	}
	set := hours.At(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), nil)
	store, remove, err := newStore(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = firstError(err, store.Close(), remove()) }()
	if err := store.Divide(ctx, map[string]partition.Definition{"hours": hours}); err != nil {
		return nil, err
	}
	got := figures{}
	if err := writeHalf(ctx, store, set, t.N, got); err != nil {
		return nil, err
	}
	read := func(name string, want int) error {
		stop := watch()
		status, err := store.PartitionStatus(ctx, "hours")
		if err != nil {
			return err
		}
		n := status.Materialized.Count()
		wall, cpu := stop()
		got[name], got[name+"_cpu"] = wall*1e3, cpu*1e3
		if n != want {
			return fmt.Errorf("%d partitions are materialized, want %d", n, want)
		}
		return nil
	}
	made := (t.N + 1) / 2
	if err := firstError(read("cold", made), read("warm", made)); err != nil {
		return nil, err
	}
	key, _ := set.Nth(1)
	_, err = store.Append(ctx, storage.Batch{Events: []storage.Event{madeAt(key)}})
	return got, firstError(err, read("event", made+1))
}

// writeHalf materializes every second partition, the first ones by a call each.
func writeHalf(ctx context.Context, store storage.Storage, set partition.Set, n int, got figures) error {
	stop, done := watch(), 0
	var rest []storage.Event
	for i := 0; i < n; i += 2 {
		key, ok := set.Nth(i)
		if !ok {
			return fmt.Errorf("no partition %d", i)
		}
		if done == calls {
			rest = append(rest, madeAt(key))
			continue
		}
		if _, err := store.Append(ctx, storage.Batch{Events: []storage.Event{madeAt(key)}}); err != nil {
			return err
		}
		if done++; done == calls || i+2 >= n {
			wall, cpu := stop()
			got["write"], got["write_cpu"] = float64(done)/wall, cpu/float64(done)*1e6
		}
	}
	for len(rest) > 0 {
		batch := rest[:min(len(rest), 1000)]
		rest = rest[len(batch):]
		if _, err := store.Append(ctx, storage.Batch{Events: batch}); err != nil {
			return err
		}
	}
	return nil
}

func madeAt(key string) storage.Event {
	return storage.Event{
		Kind: storage.AssetMaterialization, Asset: "hours", Partition: key, At: time.Now(), Data: &storage.MaterializationData{},
	}
}
