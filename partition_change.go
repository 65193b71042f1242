package dagster

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// PartitionChange adds keys to dynamic partitions, or removes some: see [Instance.Change].
type PartitionChange struct {
	of          *partitions
	add, remove []string
}

// Add is the change that adds keys, those that are there already excepted. Any text that is not empty is a key.
func (p *Partitions) Add(keys ...string) PartitionChange {
	return PartitionChange{of: p.handle(), add: slices.Clone(keys)}
}

// Remove is the change that removes keys; those that are not there are left alone. What was stored for them stays.
func (p *Partitions) Remove(keys ...string) PartitionChange {
	return PartitionChange{of: p.handle(), remove: slices.Clone(keys)}
}

func (p *Partitions) handle() *partitions {
	if p == nil {
		return nil
	}
	return p.of
}

// Change adds keys to dynamic partitions, or removes some; all changes together or, if there is an error, none.
func (in *Instance) Change(ctx context.Context, changes ...PartitionChange) error {
	list := make([]storage.DynamicChange, 0, len(changes))
	for _, c := range changes {
		d := c.of.definitionOf()
		switch {
		case c.of == nil:
			return fmt.Errorf("change partitions: %w", errNil)
		case d.Kind() != partition.KindDynamic:
			return fmt.Errorf("change partitions: %s %s: only dynamic partitions change", c.of.kind, quote(c.of.name))
		case slices.Contains(c.add, ""):
			return fmt.Errorf("change partitions %s: a key: %w", quote(d.Name()), errEmpty)
		}
		list = append(list, storage.DynamicChange{Name: d.Name(), Add: c.add, Remove: c.remove})
	}
	if err := in.store.ChangeDynamic(ctx, list...); err != nil {
		return fmt.Errorf("change partitions: %w", err)
	}
	return nil
}
