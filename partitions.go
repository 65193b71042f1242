package dagster

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/partition"
)

// Partitions says how an asset or a job is divided: into days, regions, customers, or several of these at once. It is
// immutable, and safe for concurrent use. Assets that share a division need not share the handle: what counts is what
// it says.
type Partitions struct{ of *partitions }

type partitions struct {
	definition
	def partition.Definition
}

// newPartitions makes a handle of what is divided by define, whose error is a mistake of the handle.
func newPartitions(kind, name string, at site, define func() (partition.Definition, error)) *Partitions {
	p := &partitions{definition: definition{kind: kind, name: name, at: at}}
	def, err := define()
	p.check(err)
	p.def = def
	return &Partitions{of: p}
}

// StaticPartitions are these keys, in this order. A key may hold anything but "..." and control characters, and is not
// empty.
func StaticPartitions(keys ...string) *Partitions {
	name := "without keys"
	if len(keys) > 0 {
		name = keys[0]
	}
	return newPartitions("static partitions", name, here(), func() (partition.Definition, error) {
		if slices.Contains(keys, "") {
			return partition.Definition{}, fmt.Errorf("a key: %w", errEmpty)
		}
		return partition.Static(keys...)
	})
}

// DynamicPartitions are keys that come and go while the program runs. They are kept by the instance, under the name: see
// [Instance.Change].
func DynamicPartitions(name string) *Partitions {
	return newPartitions("dynamic partitions", name, here(), func() (partition.Definition, error) {
		return partition.Dynamic(name)
	})
}

// Dimensions are the divisions that [MultiPartitions] combines, by name.
type Dimensions map[string]*Partitions

// MultiPartitions are all combinations of the keys of two or more dimensions. A key is those of the dimensions, in the
// order of the dimensions' names, joined by "|".
func MultiPartitions(d Dimensions) *Partitions {
	names := slices.Sorted(maps.Keys(d))
	return newPartitions("multi partitions", fmt.Sprint(names), here(), func() (partition.Definition, error) {
		dims := make(map[string]partition.Definition, len(d))
		var mistakes []error
		for _, name := range names {
			p := d[name]
			if p == nil {
				mistakes = append(mistakes, fmt.Errorf("dimension %s: %w", quote(name), errNil))
				continue
			}
			for _, m := range p.of.mistakes {
				mistakes = append(mistakes, fmt.Errorf("dimension %s: %w", quote(name), m))
			}
			dims[name] = p.of.def
		}
		if err := errors.Join(mistakes...); err != nil {
			return partition.Definition{}, err
		}
		return partition.Multi(dims)
	})
}

// Definition is what the handle says, for use with package partition. It is the zero value if that is wrong.
func (p *Partitions) Definition() partition.Definition {
	if p == nil {
		return partition.Definition{}
	}
	return p.of.def
}

// Keys are the keys that exist at an instant, in order. Of dynamic partitions there are none: an instance keeps them.
func (p *Partitions) Keys(at time.Time) iter.Seq[string] {
	if p.Definition().Kind() == partition.KindNone {
		return func(func(string) bool) {}
	}
	return p.of.def.At(at, nil).Keys()
}

// Partitioned divides an asset, all parts of a multi-asset, or a job into partitions. A run of what is divided is for
// one partition, or for several: see [PartitionKey] and [PartitionRange].
func Partitioned(p *Partitions) PartitionedOption { return partitioned{p} }

// PartitionedOption holds for an asset or a job.
type PartitionedOption interface {
	AssetOption
	JobOption
}

type partitioned struct{ by *Partitions }

func (o partitioned) applyAsset(a *asset) {
	a.spec.set.once(&a.definition, optPartitioned, "partitioned")
	a.spec.partitions = o.take(&a.definition)
}

func (o partitioned) applyJob(j *job) {
	j.set.once(&j.definition, optPartitioned, "partitioned")
	j.partitions = o.take(&j.definition)
}

// take returns the handle's own side, whose mistakes become those of what is divided.
func (o partitioned) take(d *definition) *partitions {
	if o.by == nil || o.by.of == nil {
		d.mistake("partitioned: %w", errNil)
		return nil
	}
	for _, m := range o.by.of.mistakes {
		d.mistake("%w", o.by.of.wrong(m))
	}
	return o.by.of
}

// divides reports whether there is a division: a nil handle, and one that is wrong, divide nothing.
func (p *partitions) divides() bool { return p != nil && p.def.Kind() != partition.KindNone }

// definitionOf is how something is divided; the zero value if it is not.
func (p *partitions) definitionOf() partition.Definition {
	if p == nil {
		return partition.Definition{}
	}
	return p.def
}
