// Package storage holds the records of a run and the small interfaces that keep
// them. [Memory] is the reference store: short enough to read in one sitting, and
// the one every other store is compared with.
package storage

import (
	"context"
	"errors"

	"github.com/dagster-go/dagster/partition"
)

// What callers branch on; a store wraps them with the name of the thing.
var (
	// ErrRunNotFound reports a run ID that no stored run has.
	ErrRunNotFound = errors.New("storage: run not found")

	// ErrRunExists reports a run ID that is already taken.
	ErrRunExists = errors.New("storage: run exists")

	// ErrConflict reports a run, or another record, that is no longer what the caller thought.
	ErrConflict = errors.New("storage: changed meanwhile")

	// ErrIllegalTransition reports a change of status that no run may make.
	ErrIllegalTransition = errors.New("storage: illegal transition")

	// ErrFenced reports a writer that no longer holds what it writes under: a worker its run, a leader its lease.
	ErrFenced = errors.New("storage: held by another epoch, or ended")

	// ErrRunNotEnded reports that a run must end before it can be deleted.
	ErrRunNotEnded = errors.New("storage: run has not ended")

	// ErrNotMaterialized reports an asset, or a partition of it, that was never materialized.
	ErrNotMaterialized = errors.New("storage: not materialized")

	// ErrNotDivided reports an asset of which no one said how it is divided.
	ErrNotDivided = errors.New("storage: not divided into partitions")

	// ErrClosed reports a store that was closed.
	ErrClosed = errors.New("storage: closed")
)

// RunStore keeps runs. All methods may be called at once.
//
// Of every store holds: a call whose context has ended before it began does nothing and returns an error wrapping the
// context's; one whose context ends later has done all of its work or nothing. A call after Close returns an error
// wrapping [ErrClosed]. Text is kept as it is given, NUL and all, where it is UTF-8; what is not may come back with
// replacement characters. What a store returns is the caller's to change, payloads excepted.
type RunStore interface {
	// CreateRun stores r, which is durable when it returns. Status must be NOT_STARTED, QUEUED or STARTING
	// and defaults to NOT_STARTED; Created defaults to now: see [Prepare]. A taken ID is an error wrapping
	// [ErrRunExists]. Events are appended in the same transaction, stamped like those of a [Batch], on a copy.
	CreateRun(ctx context.Context, r Run, events ...Event) error

	// Run returns the run named id, or an error wrapping [ErrRunNotFound].
	Run(ctx context.Context, id RunID) (Run, error)

	// Runs returns one page of the runs that f chooses, newest first.
	Runs(ctx context.Context, f RunFilter) ([]Run, error)

	// Transition is the one compare-and-set that changes a run, as [Apply] says. It returns the run as it is
	// afterwards, or an error wrapping [ErrConflict] or [ErrIllegalTransition] (both with the run as it is),
	// [ErrRunNotFound], [ErrFenced] if the leadership is lost, or [ErrRunExists] if the ID of the retry is taken. A run
	// that has ended holds no place in a pool, and has no heartbeat.
	Transition(ctx context.Context, id RunID, t Transition) (Run, error)

	// DeleteRun removes an ended run and its events; what it said of assets ([AssetStore], [CheckStore]) stays, and no event gets
	// an ID of theirs. It returns an error wrapping [ErrRunNotFound], or [ErrRunNotEnded].
	DeleteRun(ctx context.Context, id RunID) error
}

// Batch is what one writer appends at once: all of it is stored, in order, or nothing.
type Batch struct {
	// Run and Epoch say under which authority the events are written: a run that has ended or has another
	// epoch refuses them with [ErrFenced]. Run is empty for events that belong to no run.
	Run   RunID
	Epoch int64

	// Events get their ID, Seq and Run from the store, in place. The store may keep the slice: once it is stored
	// the caller must not change it. A batch that was refused may be given again. Events of no run have Seq 0.
	Events []Event
}

// EventStore keeps events. All methods may be called at once; appends of one caller keep their order.
type EventStore interface {
	// Append stores the batch, which is durable when it returns, and returns the ID of its last event
	// (0 for an empty one). It returns an error wrapping [ErrFenced] or [ErrRunNotFound], or that of
	// [EncodePayload]; so do CreateRun and Transition. Whoever reads events after
	// some ID sees every one that is stored later, once: no event appears below an ID that could be read before.
	Append(ctx context.Context, b Batch) (last int64, err error)

	// Events returns one page of the events that f chooses, by ascending ID unless f says otherwise. A run that is
	// not there has none.
	Events(ctx context.Context, f EventFilter) ([]Event, error)
}

// AssetStore keeps what is known of assets, maintained as events are appended: it never reads the log.
type AssetStore interface {
	// LatestMaterialization returns the newest materialization of a partition of an asset (by key, "" for
	// an unpartitioned one) that was not wiped, or an error wrapping [ErrNotMaterialized].
	LatestMaterialization(ctx context.Context, asset, key string) (Event, error)

	// LatestMaterializations returns the newest materialization of each of the unpartitioned assets named,
	// by key; assets that have none are left out.
	LatestMaterializations(ctx context.Context, assets []string) (map[string]Event, error)

	// Assets returns one page of the assets that have or had events, by key.
	Assets(ctx context.Context, f AssetFilter) ([]AssetRecord, error)
}

// PartitionStore keeps what is known of the partitions of assets, maintained as events are appended, and the keys of
// dynamic partitions. A partition key is any text but the empty one, which stands for an asset without partitions.
//
// What events say of a partition, in the order in which they are stored: a plan to materialize it puts it in progress, for
// the run that the event belongs to; a later plan takes it over. A materialization makes it, whatever failed before; an
// ASSET_FAILED_TO_MATERIALIZE or STEP_FAILURE that names it makes it failed. Both also end the progress, if it is that
// of their own run. When a run ends, so does what is still in progress for it: failed if the run is, else as it was before.
// Deleting runs and their events changes nothing of it.
type PartitionStore interface {
	// Divide says how assets are divided, or that they are not (the zero definition). What was said already costs one
	// read and waits for no writer. Else the status of the asset is made anew from all keys that are known of it, in one
	// transaction for all of the assets.
	Divide(ctx context.Context, assets map[string]partition.Definition) error

	// PartitionStatus returns what is known of the partitions of an asset as it was last divided, or an error wrapping
	// [ErrNotDivided].
	PartitionStatus(ctx context.Context, asset string) (PartitionStatus, error)

	// WipePartitions forgets that partitions were materialized or failed. What is in progress stays so; events stay in
	// the log, and what [AssetRecord] says stays as well.
	WipePartitions(ctx context.Context, w Wipe) error

	// ChangeDynamic does all of the changes, in their order, or nothing.
	ChangeDynamic(ctx context.Context, changes ...DynamicChange) error

	// DynamicKeys returns one page of the keys that f chooses, in the order in which they were added.
	DynamicKeys(ctx context.Context, f DynamicFilter) ([]string, error)

	// HasDynamic returns for each of the keys whether it is one of the dynamic partitions of that name.
	HasDynamic(ctx context.Context, name string, keys []string) ([]bool, error)

	// Snapshot returns all keys of the dynamic partitions of these names, at one moment.
	Snapshot(ctx context.Context, names []string) (*partition.Snapshot, error)
}

// DaemonStore is what a daemon needs besides runs and events, and workers to be seen by it.
type DaemonStore interface {
	LeaseStore
	SettingStore
	TickStore
	PoolStore
	BeatStore
}

// Storage is all that an instance needs.
type Storage interface {
	RunStore
	EventStore
	AssetStore
	PartitionStore
	CheckStore
	DaemonStore

	// Close waits for what is being written and frees the store. Closing twice is fine.
	Close() error
}

// Watcher is an optional ability: a store that can say that something was appended, by this process or another.
type Watcher interface {
	// Watch calls changed, never twice at once: first at the start, so that nothing falls between what the caller
	// read and what it is told, then after anything was stored or deleted but a heartbeat or the renewal of a lease. A call
	// may stand for many changes.
	// It returns nil when ctx has ended and [ErrClosed] when the store is closed.
	Watch(ctx context.Context, changed func()) error
}
