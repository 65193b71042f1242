package cli

import (
	"context"
	"errors"

	"github.com/dagster-go/dagster"
)

// readInstance is an instance on the home, or an empty one if nothing was run yet.
func (a *app) readInstance(ctx context.Context) (inst *dagster.Instance, done func() error, err error) {
	h, err := a.readHome(ctx)
	if errors.Is(err, errNoRuns) {
		return dagster.NewInstance(dagster.InstanceConfig{}), func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return h.inst, h.close, nil
}
