package dagster

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/dagster-go/dagster/storage"
)

// endLost ends one run whose worker is gone. A run that was being canceled ends as it was to end.
func (in *Instance) endLost(ctx context.Context, run storage.Run) (storage.Run, bool, error) {
	const why = "the process that executed the run is gone"
	to := storage.RunFailed
	if run.Status == storage.RunCanceling && run.CancelTarget != "" {
		to = run.CancelTarget
	}
	event := storage.Event{Kind: storage.RunFailure, At: in.now(), Message: why}
	event.Data = &storage.FailureData{Error: storage.Error{Message: why}, Reason: "RUN_WORKER_LOST"}
	if to == storage.RunCanceled {
		event.Kind, event.Data = storage.RunCanceledEvt, nil
	}
	t := storage.Transition{
		From: run.Status, To: to, Epoch: run.Epoch, Fence: true, Error: why, At: event.At,
		Events: []storage.Event{event},
	}
	ended, err := in.store.Transition(ctx, run.ID, t)
	switch {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrRunNotFound):
		return run, false, nil
	case err != nil:
		return run, false, fmt.Errorf("end run %s: %w", run.ID, err)
	}
	return ended, true, nil
}

// newRunID is a UUIDv7: later runs have greater IDs.
func newRunID() string { return uuid.Must(uuid.NewV7()).String() }
