package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/dagster-go/dagster/partition"
)

// chunkSize is how many positions of a line share a row. A row is rewritten whenever one of them changes: smaller ones
// are more to read, larger ones more to write.
const chunkSize = 16384

// chunkBits is a set of positions of a chunk.
type chunkBits [chunkSize / 64]uint64

// setKey says which row of partition_sets.
type setKey struct {
	asset int64
	line  string
	chunk int
}

// setRow is a row of partition_sets: one set each of what is materialized, failed and in progress.
type setRow struct {
	sets    [3]chunkBits
	changed bool
}

func (r *setRow) put(at int, is partitionState) {
	word, bit := at/64, uint64(1)<<(at%64)
	for i, in := range [3]bool{is.materialized, is.failed, is.inProgress} {
		if old := r.sets[i][word]; in != (old&bit != 0) {
			r.sets[i][word] = old ^ bit
			r.changed = true
		}
	}
}

const (
	readSet    = "SELECT materialized, failed, in_progress FROM partition_sets WHERE asset = ? AND line = ? AND chunk = ?"
	readSetsOf = "SELECT line, chunk, materialized, failed, in_progress FROM partition_sets WHERE asset = ? ORDER BY line, chunk"
	dropSet    = "DELETE FROM partition_sets WHERE asset = ? AND line = ? AND chunk = ?"
	putSet     = `INSERT INTO partition_sets (asset, line, chunk, materialized, failed, in_progress) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET materialized = excluded.materialized, failed = excluded.failed, in_progress = excluded.in_progress`
)

// maxSets bounds the rows that a transaction holds: 6 KiB each.
const maxSets = 512

// setAt changes what is known at a position; it is written with the transaction.
func (t *tx) setAt(asset int64, line string, position int, is partitionState) error {
	key := setKey{asset, line, position / chunkSize}
	r := t.sets[key]
	if r == nil {
		if len(t.sets) >= maxSets {
			if err := t.flushSets(); err != nil {
				return err
			}
		}
		r = &setRow{}
		err := t.query(readSet, []driver.Value{asset, line, int64(key.chunk)}, func(row []driver.Value) error {
			for i := range r.sets {
				if err := r.sets[i].decode(blob(row[i])); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		t.sets[key] = r
	}
	r.put(position%chunkSize, is)
	return nil
}

// flushSets writes the rows that changed, in the order of the table, and forgets all.
func (t *tx) flushSets() error {
	for _, key := range slices.SortedFunc(maps.Keys(t.sets), func(a, b setKey) int {
		return cmp.Or(cmp.Compare(a.asset, b.asset), cmp.Compare(a.line, b.line), cmp.Compare(a.chunk, b.chunk))
	}) {
		r := t.sets[key]
		if !r.changed {
			continue
		}
		args := []driver.Value{key.asset, key.line, int64(key.chunk), nil, nil, nil}
		empty := true
		for i := range r.sets {
			if data := r.sets[i].encode(); data != nil {
				args[3+i], empty = data, false
				t.bytes += len(data)
			}
		}
		var err error
		if empty {
			err = t.exec(dropSet, args[:3]...)
		} else {
			err = t.exec(putSet, args...)
		}
		if err != nil {
			return err
		}
	}
	clear(t.sets)
	return nil
}

// The forms of a stored set. An empty one is null.
const (
	asRuns byte = 1 // pairs of varints: the gap before a run, and its length less one
	asBits byte = 2 // bits, from the least significant of the first byte on; what is cut off is 0
)

var errSet = errors.New("not a set of positions")

// encode returns the shorter of the two forms.
func (b *chunkBits) encode() []byte {
	out := []byte{asRuns}
	before := 0
	for low, high := range b.runs {
		out = binary.AppendUvarint(out, uint64(low-before)) //nolint:gosec // runs ascend
		out = binary.AppendUvarint(out, uint64(high-low-1)) //nolint:gosec // and are not empty
		if before = high; len(out) > chunkSize/8 {
			return b.encodeBits()
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

func (b *chunkBits) encodeBits() []byte {
	out := make([]byte, 1, 1+chunkSize/8)
	out[0] = asBits
	for _, word := range b {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	for out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// runs gives the runs [low, high) of set bits.
func (b *chunkBits) runs(yield func(low, high int) bool) {
	low := -1 // of the run that reaches into the word
	for i, word := range b {
		for at := 0; at < 64; {
			rest := word >> at
			if low < 0 {
				if rest == 0 {
					break
				}
				at += bits.TrailingZeros64(rest)
				low = i*64 + at
				continue
			}
			n := bits.TrailingZeros64(^rest)
			if at += n; at >= 64 {
				break
			}
			if !yield(low, i*64+at) {
				return
			}
			low = -1
		}
	}
	if low >= 0 {
		yield(low, chunkSize)
	}
}

func (b *chunkBits) fill(low, high int) {
	for low < high {
		n := min(64-low%64, high-low)
		b[low/64] |= ^uint64(0) >> (64 - n) << (low % 64)
		low += n
	}
}

// decode reads a set into an empty one.
func (b *chunkBits) decode(data []byte) error {
	if len(data) == 0 || data[0] != asBits {
		return eachRun(data, b.fill)
	}
	if len(data) > 1+chunkSize/8 {
		return errSet
	}
	for i, x := range data[1:] {
		b[i/8] |= uint64(x) << (i % 8 * 8)
	}
	return nil
}

// eachRun calls f with the runs of a set that is stored as runs, in order.
func eachRun(data []byte, f func(low, high int)) error {
	if len(data) == 0 {
		return nil
	}
	if data[0] != asRuns {
		return errSet
	}
	for at, rest := 0, data[1:]; len(rest) > 0; {
		gap, n := binary.Uvarint(rest)
		if n <= 0 {
			return errSet
		}
		length, m := binary.Uvarint(rest[n:])
		if m <= 0 || gap > chunkSize || length > chunkSize || at+int(gap)+int(length) >= chunkSize {
			return errSet
		}
		low := at + int(gap)
		at = low + int(length) + 1
		rest = rest[n+m:]
		f(low, at)
	}
	return nil
}

// addSet adds a stored set to positions that all lie before it.
func addSet(to *partition.Positions, chunk int64, data []byte) error {
	base := int(chunk) * chunkSize
	if len(data) == 0 || data[0] != asBits {
		return eachRun(data, func(low, high int) { to.Add(base+low, base+high) })
	}
	var b chunkBits
	err := b.decode(data)
	to.AddBits(base, b[:])
	return err
}

// blob is a column of bytes.
func blob(v driver.Value) []byte {
	b, _ := v.([]byte)
	return b
}

// lineSets are the sets of a line, all of its chunks together.
type lineSets [3]partition.Positions

func (l *lineSets) count() int { return l[0].Union(&l[1]).Union(&l[2]).Count() }

// storedSets are the rows of a line as they are stored.
type storedSets struct {
	chunks []int64
	data   [3][][]byte
}

// readSets returns the sets of an asset by line.
func readSets(ctx context.Context, c *conn, asset int64) (map[string]*lineSets, error) {
	rows := map[string]*storedSets{}
	err := c.query(ctx, readSetsOf, []driver.Value{asset}, func(row []driver.Value) error {
		line := text(row[0])
		r := rows[line]
		if r == nil {
			r = &storedSets{}
			rows[line] = r
		}
		r.chunks = append(r.chunks, integer(row[1]))
		for i := range r.data {
			r.data[i] = append(r.data[i], blob(row[2+i]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	lines := make(map[string]*lineSets, len(rows))
	for line, r := range rows {
		if lines[line], err = r.join(); err != nil {
			return nil, fmt.Errorf("partitions of asset %d: %w: %w", asset, ErrDamaged, err)
		}
	}
	return lines, nil
}

// join puts the chunks of a line together. It looks at each twice: what is as long as the partitions are many is to be
// allocated once.
func (r *storedSets) join() (*lineSets, error) {
	sets := &lineSets{}
	for i := range sets {
		ranges := 0
		for _, data := range r.data[i] {
			ranges += countRuns(data)
		}
		sets[i].Grow(ranges)
		for j, data := range r.data[i] {
			if err := addSet(&sets[i], r.chunks[j], data); err != nil {
				return nil, err
			}
		}
	}
	return sets, nil
}

// countRuns returns how many runs a stored set has, or somewhat more.
func countRuns(data []byte) int {
	if len(data) == 0 || data[0] != asBits {
		return len(data) / 2
	}
	n, before := 0, byte(0)
	for _, x := range data[1:] {
		n += bits.OnesCount8(x &^ (x<<1 | before))
		before = x >> 7
	}
	return n
}
