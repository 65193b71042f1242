package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/storage"
)

// assetChanges gathers what the events of a transaction say of assets: the last word on each is written once.
type assetChanges struct {
	assets     map[int64]*assetChange
	partitions map[assetPartition]partitionChange
	keyed      bool // some of them have a key
}

type assetPartition struct {
	asset int64
	key   string
}

type assetChange struct{ latest, failed, materializations int64 }

func newAssetChanges() assetChanges {
	return assetChanges{assets: make(map[int64]*assetChange), partitions: make(map[assetPartition]partitionChange)}
}

// note takes the event id of asset into account, which a run said, or none (0).
func (a *assetChanges) note(t *tx, asset int64, r *row, id, run int64) error {
	made := r.kind == storage.AssetMaterialization
	if !made && r.kind != storage.AssetFailedToMaterialize && r.kind != storage.StepFailure {
		if r.kind == storage.AssetMaterializationPlanned && r.partition != "" {
			return a.notePartition(t, assetPartition{asset, r.partition}, r.kind, id, run)
		}
		return nil
	}
	c := a.assets[asset]
	if c == nil {
		c = &assetChange{}
		a.assets[asset] = c
	}
	if made {
		c.latest = id
		c.materializations++
	} else {
		c.failed = id
	}
	if !made && r.partition == "" {
		return nil
	}
	return a.notePartition(t, assetPartition{asset, r.partition}, r.kind, id, run)
}

// flush writes the changes, in the order of the tables: pages that lie together are touched together.
func (a *assetChanges) flush(t *tx) error {
	for _, n := range slices.Sorted(maps.Keys(a.assets)) {
		c := a.assets[n]
		if c.latest != 0 {
			if err := t.exec(`UPDATE assets SET latest = ?, latest_copy = NULL, materializations = materializations + ? WHERE n = ?`,
				c.latest, c.materializations, n); err != nil {
				return err
			}
		}
		if c.failed != 0 {
			if err := t.exec("UPDATE assets SET failed = ?, failed_copy = NULL WHERE n = ?", c.failed, n); err != nil {
				return err
			}
		}
	}
	if len(a.partitions) > 0 {
		if err := a.flushPartitions(t); err != nil {
			return err
		}
	}
	a.reset()
	return nil
}

func (a *assetChanges) reset() {
	clear(a.assets)
	a.clearPartitions()
}

func (a *assetChanges) clearPartitions() {
	clear(a.partitions)
	a.keyed = false
}

// asset returns the number of the asset key, a new one if need be.
func (t *tx) asset(key string) (int64, error) {
	if n, ok := t.assets[key]; ok {
		return n, nil
	}
	ctx := context.Background()
	row, err := t.c.integers(ctx, "SELECT n FROM assets WHERE key = ?", key)
	if err == nil && row == nil {
		row, err = t.c.integers(ctx, "INSERT INTO assets (key) VALUES (?) RETURNING n", key)
	}
	if err != nil {
		return 0, err
	}
	t.assets[key] = row[0]
	return row[0], nil
}

// eventCopy is an event whose run is gone.
type eventCopy struct {
	ID        int64             `json:"id"`
	Run       storage.RunID     `json:"run,omitempty"`
	Seq       int64             `json:"seq,omitempty"`
	Kind      storage.EventKind `json:"kind"`
	Step      string            `json:"step,omitempty"`
	Attempt   int               `json:"attempt,omitempty"`
	Asset     string            `json:"asset"`
	Partition string            `json:"partition,omitempty"`
	At        time.Time         `json:"at,omitzero"`
	Message   string            `json:"message,omitempty"`
	Data      json.RawMessage   `json:"data,omitempty"`
}

// encodeCopy returns e as text.
func encodeCopy(e storage.Event) (string, error) {
	data, err := storage.EncodePayload(nil, e.Data)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(eventCopy{
		e.ID, e.Run, e.Seq, e.Kind, e.Step, e.Attempt, e.Asset, e.Partition, e.At, e.Message, data,
	})
	return string(text), err
}

func decodeCopy(s string) (storage.Event, error) {
	var e eventCopy
	if err := json.Unmarshal([]byte(s), &e); err != nil {
		return storage.Event{}, fmt.Errorf("copy of an event: %w: %w", ErrDamaged, err)
	}
	data, err := storage.DecodePayload(e.Kind, e.Data)
	return storage.Event{
		ID: e.ID, Run: e.Run, Seq: e.Seq, Kind: e.Kind, Step: e.Step, Attempt: e.Attempt, Asset: e.Asset,
		Partition: e.Partition, At: e.At, Message: e.Message, Data: data,
	}, err
}

// scanLatest reads a copy, and the columns of an event after it: one of the two is there, or neither.
func (k *kinds) scanLatest(ctx context.Context, c *conn, row []driver.Value) (storage.Event, error) {
	switch {
	case row[0] != nil:
		return decodeCopy(text(row[0]))
	case row[1] != nil:
		return k.scanEvent(ctx, c, row[1:])
	default:
		return storage.Event{}, nil
	}
}

const latestQuery = ` FROM assets a CROSS JOIN asset_partitions p ON p.asset = a.n AND p.partition = ?
	LEFT JOIN events e ON e.id = p.latest LEFT JOIN runs r ON r.n = e.run WHERE a.key = ?`

// LatestMaterialization implements [storage.AssetStore].
func (s *Store) LatestMaterialization(ctx context.Context, asset, key string) (storage.Event, error) {
	var out storage.Event
	err := s.readers.read(ctx, func(c *conn) (err error) {
		out, err = s.latest(ctx, c, asset, key)
		return err
	})
	if err == nil && out.ID == 0 {
		err = storage.ErrNotMaterialized
	}
	if err != nil {
		return storage.Event{}, fmt.Errorf("asset %q, partition %q: %w", asset, key, err)
	}
	return out, nil
}

func (s *Store) latest(ctx context.Context, c *conn, asset, key string) (e storage.Event, err error) {
	err = c.query(ctx, "SELECT p.latest_copy, "+eventColumns+latestQuery, []driver.Value{key, asset},
		func(row []driver.Value) (err error) {
			e, err = s.kinds.scanLatest(ctx, c, row)
			return err
		})
	return e, err
}

const assetQuery = `SELECT a.key, a.materializations, a.failed > coalesce(a.latest, 0), a.latest_copy, ` + eventColumns + `,
		a.failed_copy, f.id, s.id, f.seq, f.kind, f.step, f.attempt, a.key, f.partition, f.at, f.message, f.data
	FROM assets a
	LEFT JOIN events e ON e.id = a.latest LEFT JOIN runs r ON r.n = e.run
	LEFT JOIN events f ON f.id = a.failed LEFT JOIN runs s ON s.n = f.run`

// Assets implements [storage.AssetStore].
func (s *Store) Assets(ctx context.Context, f storage.AssetFilter) ([]storage.AssetRecord, error) {
	query, args := selectAssets(f)
	var out []storage.AssetRecord
	err := s.readers.read(ctx, func(c *conn) error {
		return c.query(ctx, query, args, func(row []driver.Value) (err error) {
			a := storage.AssetRecord{Key: text(row[0]), Materializations: integer(row[1])}
			if a.Latest, err = s.kinds.scanLatest(ctx, c, row[3:15]); err == nil && integer(row[2]) != 0 {
				a.Failed, err = s.kinds.scanLatest(ctx, c, row[15:27])
			}
			out = append(out, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	return out, nil
}

func selectAssets(f storage.AssetFilter) (string, []driver.Value) {
	q := &query{}
	q.where("a.key > ?", f.After)
	if f.Prefix != "" {
		q.where("a.key >= ?", f.Prefix)
		if end := successor(f.Prefix); end != "" {
			q.where("a.key < ?", end)
		}
	}
	return assetQuery + q.clause() + " ORDER BY a.key LIMIT ?", append(q.args, page(f.Limit, 100, 1000))
}

// successor returns the first string after all that start with prefix, or nothing if there is none.
func successor(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return ""
	}
	b[len(b)-1]++
	return string(b)
}
