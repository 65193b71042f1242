package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// Surroundings replaces what a store finds around it; zero fields are as in production.
type Surroundings struct {
	Library    int
	FileSystem func(dir string) (string, error)
	Migrations []Migration
}

// Migration is a made-up step of the schema, after those that there are.
type Migration struct {
	Name, Script string
	Rewrite      bool
}

// OpenIn is Open in other surroundings.
func OpenIn(ctx context.Context, c Config, s Surroundings) (*Store, error) {
	e := production()
	if s.Library != 0 {
		e.library = s.Library
	}
	if s.FileSystem != nil {
		e.fileSystem = s.FileSystem
	}
	if s.Migrations != nil {
		e.migrations = func() ([]migration, error) {
			list, err := embedded()
			for _, m := range s.Migrations {
				list = append(list, migration{version: int64(len(list)) + 1, name: m.Name, script: m.Script, rewrite: m.Rewrite})
			}
			return list, err
		}
	}
	return open(ctx, c.withDefaults(), e)
}

// NetworkName is what statfs's magic number stands for.
var NetworkName = networkName

// limiting is work that caps the size of the file, as a full disk does.
type limiting struct{ pages int64 }

func (w limiting) do(t *tx) error {
	have, err := t.c.integers(context.Background(), "PRAGMA page_count")
	if err != nil {
		return err
	}
	return t.c.exec(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", have[0]+w.pages))
}

// Limit leaves room for so many more pages.
func (s *Store) Limit(ctx context.Context, pages int64) error {
	return s.queue.submit(ctx, limiting{pages}, 1)
}

type blocking struct {
	entered chan<- struct{}
	release <-chan struct{}
}

func (w blocking) do(*tx) error {
	w.entered <- struct{}{}
	<-w.release
	return nil
}

// Block keeps the writer busy until release is closed; it returns when it is.
func (s *Store) Block(ctx context.Context, release <-chan struct{}) {
	entered := make(chan struct{})
	go func() { _ = s.queue.submit(ctx, blocking{entered, release}, 1) }()
	<-entered
}

// Waiting is how many requests are queued.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.pending)
}

type statement struct{ query string }

func (w statement) do(t *tx) error { return t.exec(w.query) }

// Exec runs a statement in a transaction of the writer.
func (s *Store) Exec(ctx context.Context, query string) error {
	return s.queue.submit(ctx, statement{query}, 1)
}

// Query returns the rows of a query, as text.
func (s *Store) Query(ctx context.Context, query string, args ...any) (out []string, err error) {
	values := make([]driver.Value, len(args))
	for i, a := range args {
		values[i] = a
	}
	err = s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, query, values, func(row []driver.Value) error {
			out = append(out, fmt.Sprint(row[len(row)-1]))
			return nil
		})
	})
	return out, err
}

// Plan is how SQLite reads a page.
func (s *Store) Plan(ctx context.Context, query string, args []driver.Value) ([]string, error) {
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	return s.Query(ctx, "EXPLAIN QUERY PLAN "+query, list...)
}

// PlanEvents is how SQLite reads the page that f chooses.
func (s *Store) PlanEvents(ctx context.Context, f storage.EventFilter) (plan []string, err error) {
	var query string
	var args []driver.Value
	err = s.readers.read(ctx, func(c *conn) (err error) {
		query, args, err = s.selectEvents(ctx, c, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Plan(ctx, query, args)
}

// PlanRuns is how SQLite reads the page that f chooses.
func (s *Store) PlanRuns(ctx context.Context, f storage.RunFilter) (plan []string, err error) {
	var before position
	err = s.readers.read(ctx, func(c *conn) (err error) {
		before, err = startOf(ctx, c, f.Before)
		return err
	})
	if err != nil {
		return nil, err
	}
	query, args := selectRuns(f, before)
	return s.Plan(ctx, query, args)
}

// PlanAssets is how SQLite reads the page that f chooses.
func (s *Store) PlanAssets(ctx context.Context, f storage.AssetFilter) ([]string, error) {
	query, args := selectAssets(f)
	return s.Plan(ctx, query, args)
}

// PlanLatest is how SQLite reads a latest materialization.
func (s *Store) PlanLatest(ctx context.Context) ([]string, error) {
	return s.Plan(ctx, "SELECT p.latest_copy, "+eventColumns+latestQuery, []driver.Value{"", "a"})
}

// PlanLatestOf is how SQLite reads the latest materializations of several assets.
func (s *Store) PlanLatestOf(ctx context.Context) ([]string, error) {
	return s.Plan(ctx, selectLatest(3), []driver.Value{"a", "b", "c"})
}

// PlanDeletion is how SQLite deletes a run.
func (s *Store) PlanDeletion(ctx context.Context) (plan []string, err error) {
	for _, query := range []string{lastWords, keepPartition, keepLatest, keepFailed, deleteEvents, deleteRun} {
		args := []driver.Value{int64(1), int64(2), "a", "p"}[:strings.Count(query, "?")]
		lines, err := s.Plan(ctx, query, args)
		if err != nil {
			return nil, err
		}
		plan = append(plan, lines...)
	}
	return plan, nil
}

// PlanChecks is how SQLite reads and writes what is kept of checks.
func (s *Store) PlanChecks(ctx context.Context, f storage.CheckFilter) (plan []string, err error) {
	for _, q := range selectChecks(f) {
		lines, err := s.Plan(ctx, checkQuery+q.clause()+checkOrder, append(q.args, int64(1)))
		if err != nil {
			return nil, err
		}
		plan = append(plan, lines...)
	}
	for _, query := range []string{latestOfAny, latestOfKey, endChecks} {
		lines, err := s.Plan(ctx, query, []driver.Value{int64(1), "a"}[:strings.Count(query, "?")])
		if err != nil {
			return nil, err
		}
		plan = append(plan, lines...)
	}
	return plan, nil
}

// ChunkSize is how many positions share a row.
const ChunkSize = chunkSize

// EncodeSet returns the stored form of a set of positions in a chunk.
func EncodeSet(positions ...int) []byte {
	var b chunkBits
	for _, at := range positions {
		b.fill(at, at+1)
	}
	return b.encode()
}

// DecodeSet returns the positions of a stored form, read in both ways.
func DecodeSet(data []byte) (fromBits, fromRuns []int, err error) {
	var b chunkBits
	if err := b.decode(data); err != nil {
		return nil, nil, err
	}
	for at := range chunkSize {
		if b[at/64]>>(at%64)&1 != 0 {
			fromBits = append(fromBits, at)
		}
	}
	var p partition.Positions
	err = addSet(&p, 0, data)
	for low, high := range p.Runs {
		for at := low; at < high; at++ {
			fromRuns = append(fromRuns, at)
		}
	}
	return fromBits, fromRuns, err
}

// PlanPartitions is how SQLite reads and writes what is kept of partitions.
func (s *Store) PlanPartitions(ctx context.Context) (plan []string, err error) {
	for _, query := range []string{
		divisionOf, divisionOfNumber, partitionsOf, readSetsOf, readSet, dropSet, plansOfRun, endPlans, dropPartition, wipe, wipeOne, forget, wipeSets,
		dropSets, placeOfKey, allDynamic, dynamicEnd, removeKeys(1), removeKeys(2),
	} {
		args := []driver.Value{int64(1), int64(2), int64(3), "a"}[:max(strings.Count(query, "?"), 1)]
		lines, err := s.Plan(ctx, query, args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		plan = append(plan, lines...)
	}
	query, args := selectDynamic(storage.DynamicFilter{Name: "n", Prefix: "p"}, 1)
	lines, err := s.Plan(ctx, query, args)
	return append(plan, lines...), err
}

// PlanInstigators is how SQLite reads the page that f chooses.
func (s *Store) PlanInstigators(ctx context.Context, f storage.InstigatorFilter) ([]string, error) {
	query, args := selectInstigators(f)
	return s.Plan(ctx, query, args)
}

// PlanTicks is how SQLite reads the page that f chooses.
func (s *Store) PlanTicks(ctx context.Context, f storage.TickFilter) ([]string, error) {
	query, args := selectTicks(f)
	return s.Plan(ctx, query, args)
}

// PlanDaemon is how SQLite reads and writes what else a daemon and its workers need.
func (s *Store) PlanDaemon(ctx context.Context) (plan []string, err error) {
	for _, query := range []string{
		oneLease, oneSetting, oneInstigator, nextDue, startedTick, runOfKey, forgetKeys, forgetOneKey, oldTicks, unstartedTicks, deleteTick,
		onePool, oneClaim, freeStep, freeRun, dropPlaces, holdPlaces, claimsOf, dropBeat, countRejected, rejectedOf,
	} {
		args := []driver.Value{"a", int64(2), int64(3), "a"}[:strings.Count(query, "?")]
		if strings.Contains(query, "?1") {
			args = args[:1]
		}
		lines, err := s.Plan(ctx, query, args)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		plan = append(plan, lines...)
	}
	for _, pools := range [][]string{{"a"}, {"a", "b", "c"}} {
		query, args := selectAhead(pools, 0, 1)
		lines, err := s.Plan(ctx, query, args)
		if err != nil {
			return nil, err
		}
		plan = append(plan, lines...)
	}
	return plan, nil
}
