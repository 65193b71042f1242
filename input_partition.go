package dagster

import (
	"errors"
	"fmt"
	"iter"

	"github.com/dagster-go/dagster/partition"
)

// partitionRead says which partitions of an asset a leaf reads.
type partitionRead struct {
	how readHow

	// mapping says which, once the definitions on both sides are known.
	mapping func(up, down partition.Definition) partition.Mapping

	leaveOut bool // what was never stored is left out
}

// readHow says what becomes of the partitions that are read.
type readHow uint8

const (
	readOne    readHow = iota // the value of one
	readMany                  // the values by key
	readLazily                // their keys, to load each when it is wanted
)

// plainRead is how an asset is read that nothing more is said of.
var plainRead = &partitionRead{mapping: partition.Infer} //nolint:gochecknoglobals // never changed

// reading is how a leaf reads its asset, should that be partitioned.
func (in *input) reading() *partitionRead {
	if in.parts == nil {
		return plainRead
	}
	return in.parts
}

// MappingOption holds for an input that reads several partitions.
type MappingOption interface{ applyMapping(p *partitionRead) }

type mappingOption func(p *partitionRead)

func (o mappingOption) applyMapping(p *partitionRead) { o(p) }

// AllowMissing leaves out partitions that were never stored, and windows of time that the upstream asset does not have.
// Without it either is an error.
func AllowMissing() MappingOption {
	return mappingOption(func(p *partitionRead) {
		inner := p.mapping
		p.leaveOut = true
		p.mapping = func(up, down partition.Definition) partition.Mapping { return inner(up, down).AllowMissing() }
	})
}

// PartitionInput is several partitions of an asset as one input: the values by key. [PartitionInput.One] and
// [PartitionInput.Lazy] are the same partitions as other types.
type PartitionInput[T any] struct {
	typed[map[string]T]
	node *input
}

func (p *PartitionInput[T]) dependency() *input {
	if p == nil {
		return nil
	}
	return p.node
}

func (p *PartitionInput[T]) read(leaves []any) (map[string]T, error) {
	loaded, err := leafValue[*loadedPartitions]([]any{leaves[0]})
	if err != nil {
		return nil, err
	}
	out := make(map[string]T, len(loaded.keys))
	for i, key := range loaded.keys {
		v, err := leafValue[T](loaded.values[i : i+1])
		if err != nil {
			return nil, fmt.Errorf("partition %s: %w", quote(key), err)
		}
		out[key] = v
	}
	return out, nil
}

// loadedPartitions is what the leaf of a PartitionInput comes to.
type loadedPartitions struct {
	keys   []string
	values []any
}

// One is the value of the one partition that is read. Should there be several, or none, the run is refused.
func (p *PartitionInput[T]) One() Input[T] { return &onePartition[T]{node: p.as(readOne)} }

// Lazy is the partitions without their values, each of which is loaded when the body asks for it: for more than fits
// into memory.
func (p *PartitionInput[T]) Lazy() Input[PartitionValues[T]] {
	return &lazyPartitions[T]{node: p.as(readLazily)}
}

func (p *PartitionInput[T]) as(how readHow) *input {
	if p == nil || p.node.kind != readsAsset {
		return &input{kind: readsNil}
	}
	node, parts := *p.node, *p.node.parts
	parts.how = how
	node.parts = &parts
	return &node
}

// onePartition is the input of one partition's value.
type onePartition[T any] struct {
	typed[T]
	node *input
}

func (o *onePartition[T]) dependency() *input { return o.node }

func (o *onePartition[T]) read(leaves []any) (T, error) { return leafValue[T](leaves) }

// lazyPartitions is the input made by Lazy.
type lazyPartitions[T any] struct {
	typed[PartitionValues[T]]
	node *input
}

func (l *lazyPartitions[T]) dependency() *input { return l.node }

func (l *lazyPartitions[T]) read(leaves []any) (PartitionValues[T], error) {
	of, err := leafValue[*lazyLoads](leaves)
	return PartitionValues[T]{of: of}, err
}

// lazyLoads is what the leaf of a lazy input comes to.
type lazyLoads struct {
	subset partition.Subset
	load   func(key string) (any, error)
}

// PartitionValues are partitions of an asset whose values are loaded one by one, while the body runs. The zero value has
// none.
type PartitionValues[T any] struct{ of *lazyLoads }

// Len is the number of partitions.
func (v PartitionValues[T]) Len() int {
	if v.of == nil {
		return 0
	}
	return v.of.subset.Count()
}

// Keys are the keys of the partitions, in order.
func (v PartitionValues[T]) Keys() iter.Seq[string] {
	if v.of == nil {
		return func(func(string) bool) {}
	}
	return v.of.subset.Keys()
}

// Load loads the value of one of the partitions. For one that was never stored the error wraps [ErrNotStored] or
// [io/fs.ErrNotExist]. Load may be called from many goroutines.
func (v PartitionValues[T]) Load(key string) (T, error) {
	var none T
	if v.of == nil || !v.of.subset.Has(key) {
		return none, fmt.Errorf("partition %s is not among those that are read", quote(key))
	}
	loaded, err := v.of.load(key)
	if err != nil {
		return none, err
	}
	return leafValue[T]([]any{loaded})
}

// Each loads one partition after the other, in order, and hands it to fn, until one of both fails. With [AllowMissing]
// it leaves out what was never stored.
func (v PartitionValues[T]) Each(fn func(key string, value T) error) error {
	for key := range v.Keys() {
		value, err := v.Load(key)
		if errors.Is(err, errLeftOut) {
			continue
		}
		if err == nil {
			err = fn(key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errLeftOut reports a partition that was never stored and may be left out. It wraps ErrNotStored.
var errLeftOut = fmt.Errorf("left out: %w", ErrNotStored)

// Partitions are the asset's partitions that this one's need, by the default mapping: a month reads its days, what is not
// partitioned reads all.
func (a *Asset[T]) Partitions(opts ...MappingOption) *PartitionInput[T] {
	return readPartitions(a, partition.Infer, opts)
}

// AllPartitions are all partitions of the asset.
func (a *Asset[T]) AllPartitions(opts ...MappingOption) *PartitionInput[T] {
	return readPartitions(a, fixed(partition.All()), opts)
}

// Window are the partitions of the asset in a window of time, which is counted in partitions of the asset that reads it:
// Window(-6, 0) of days are the last seven.
func (a *Asset[T]) Window(from, to int, opts ...MappingOption) *PartitionInput[T] {
	return readPartitions(a, shifted(from, to), opts)
}

// Mapped are the partitions of the asset that a mapping of package partition says: some keys, those of a table, of one
// dimension, or of your own functions.
func (a *Asset[T]) Mapped(m partition.Mapping, opts ...MappingOption) *PartitionInput[T] {
	return readPartitions(a, fixed(m), opts)
}

// LastPartition is the asset's last partition.
func (a *Asset[T]) LastPartition() Input[T] {
	return readPartitions(a, fixed(partition.Last()), nil).One()
}

// PartitionAt is one partition of the asset, always the same.
func (a *Asset[T]) PartitionAt(key string) Input[T] {
	return readPartitions(a, fixed(partition.Specific(key)), nil).One()
}

// Offset is the partition of the asset so many of this one's partitions later; earlier if n is negative.
func (a *Asset[T]) Offset(n int) Input[T] { return readPartitions(a, shifted(n, n), nil).One() }

func readPartitions[T any](a *Asset[T], mapping func(up, down partition.Definition) partition.Mapping, opts []MappingOption) *PartitionInput[T] {
	if a == nil {
		return &PartitionInput[T]{node: &input{kind: readsNil}}
	}
	parts := &partitionRead{how: readMany, mapping: mapping}
	node := a.core.self
	for _, o := range opts {
		if o == nil {
			return &PartitionInput[T]{node: &input{kind: readsNil}}
		}
		o.applyMapping(parts)
	}
	node.parts = parts
	return &PartitionInput[T]{node: &node}
}

// fixed is a mapping that does not depend on the definitions.
func fixed(m partition.Mapping) func(up, down partition.Definition) partition.Mapping {
	return func(partition.Definition, partition.Definition) partition.Mapping { return m }
}

// shifted is the window of time between two offsets; in several dimensions the others stay as they are.
func shifted(from, to int) func(up, down partition.Definition) partition.Mapping {
	return func(up, down partition.Definition) partition.Mapping {
		if up.Kind() != partition.KindMulti || down.Kind() != partition.KindMulti {
			return partition.Overlap(from, to)
		}
		dims := make(map[string]partition.DimensionMapping)
		for _, d := range up.Dimensions() {
			m := partition.Identity()
			if d.Definition.Kind() == partition.KindWindows {
				m = partition.Overlap(from, to)
			}
			dims[d.Name] = partition.DimensionMapping{Dimension: d.Name, Mapping: m}
		}
		return partition.ByDimension(dims)
	}
}

// previous is the input made by Previous.
type previous[T any] struct {
	typed[Maybe[T]]
	node *input
}

// Previous is what the asset itself made for the partition before: absent at the first, and if that was never stored. It
// is an input of a partitioned asset that is made by a function.
func Previous[T any]() Input[Maybe[T]] {
	own := &input{kind: readsOwn, codec: defaultCodec[T](), parts: &partitionRead{mapping: shifted(-1, -1)}}
	return &previous[T]{node: &input{kind: may, of: []*input{own}}}
}

func (p *previous[T]) dependency() *input { return p.node }

func (p *previous[T]) read(leaves []any) (Maybe[T], error) {
	v, err := leafValue[T](leaves)
	switch {
	case errors.Is(err, errAbsent):
		return Maybe[T]{}, nil
	case err != nil:
		return Maybe[T]{}, err
	}
	return Some(v), nil
}

// owned is the input with the asset that it belongs to in place of Previous; the input itself if nothing is to be
// replaced.
func (in *input) owned(a *asset) *input {
	if in.kind == readsOwn {
		return &input{kind: readsAsset, asset: a, parts: in.parts, own: true}
	}
	for i, part := range in.of {
		made := part.owned(a)
		if made == part {
			continue
		}
		out := *in
		out.of = append([]*input(nil), in.of...)
		out.of[i] = made
		for k := i + 1; k < len(out.of); k++ {
			out.of[k] = out.of[k].owned(a)
		}
		return &out
	}
	return in
}
