package dagster

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/storage"
)

// Status is how the check stands for a partition of its asset, "" for one without partitions. Its State is empty if it was
// never planned or made.
func (c *Check) Status(ctx context.Context, in *Instance, partition string) (storage.CheckStatus, error) {
	key := storage.CheckKey{Asset: c.Asset(), Check: c.of.check, Partition: partition}
	// Of all partitions the empty one is the first.
	f := storage.CheckFilter{Assets: []string{key.Asset}, Check: key.Check, Partition: partition, Limit: 1}
	found, err := in.store.CheckStatuses(ctx, f)
	if err != nil {
		return storage.CheckStatus{CheckKey: key}, fmt.Errorf("status of check %s: %w", quote(c.of.name), err)
	}
	if len(found) == 0 || found[0].CheckKey != key {
		return storage.CheckStatus{CheckKey: key}, nil
	}
	return found[0], nil
}

// CheckStatuses says how the checks of the selected assets stand, those too that an asset's own body reports: by asset, name
// and partition. Checks that were never planned or made are left out, and so are those that the repository does not have.
func (r *Repository) CheckStatuses(ctx context.Context, in *Instance, sel Selection) ([]storage.CheckStatus, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	selected, err := c.resolveAllOn(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	has := make(map[storage.CheckKey]bool)
	f := storage.CheckFilter{Limit: checkPage}
	for _, i := range selected {
		a := &c.assets[i]
		for _, own := range a.spec.checks {
			has[storage.CheckKey{Asset: a.key, Check: own.name}] = true
		}
		for _, k := range c.checks[a.asset] {
			for _, one := range k.results() {
				has[storage.CheckKey{Asset: a.key, Check: one.name}] = true
			}
		}
		if len(a.spec.checks) > 0 || len(c.checks[a.asset]) > 0 {
			f.Assets = append(f.Assets, a.key)
		}
	}
	var out []storage.CheckStatus
	for len(f.Assets) > 0 { // none would be all
		page, err := in.store.CheckStatuses(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("statuses of checks: %w", err)
		}
		more := len(page) == f.Limit
		if more {
			f.After = page[len(page)-1].CheckKey
		}
		out = append(out, slices.DeleteFunc(page, func(s storage.CheckStatus) bool {
			return !has[storage.CheckKey{Asset: s.Asset, Check: s.Check}]
		})...)
		if !more {
			break
		}
	}
	return out, nil
}

// checkPage is how many statuses are read at once.
const checkPage = 1000
