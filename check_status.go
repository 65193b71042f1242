package dagster

import (
	"context"
	"fmt"

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
	c, selected, err := r.chosen(ctx, in, sel)
	if err != nil {
		return nil, err
	}
	has := make(map[storage.CheckKey]bool)
	var assets []string
	for _, i := range selected {
		a := &c.assets[i]
		infos := c.describeChecks(a)
		for k := range infos {
			has[storage.CheckKey{Asset: a.key, Check: infos[k].Name}] = true
		}
		if len(infos) > 0 {
			assets = append(assets, a.key)
		}
	}
	var out []storage.CheckStatus
	err = in.eachCheck(ctx, assets, func(s *storage.CheckStatus) {
		if has[storage.CheckKey{Asset: s.Asset, Check: s.Check}] {
			out = append(out, *s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("statuses of checks: %w", err)
	}
	return out, nil
}

// eachCheck calls f for each check of some assets that was ever planned or made, page by page.
func (in *Instance) eachCheck(ctx context.Context, assets []string, f func(s *storage.CheckStatus)) error {
	filter := storage.CheckFilter{Assets: assets, Limit: checkPage}
	for len(assets) > 0 { // none would be all
		page, err := in.store.CheckStatuses(ctx, filter)
		if err != nil {
			return err
		}
		for i := range page {
			f(&page[i])
		}
		if len(page) < filter.Limit {
			return nil
		}
		filter.After = page[len(page)-1].CheckKey
	}
	return nil
}

// checkPage is how many statuses are read at once.
const checkPage = 1000
