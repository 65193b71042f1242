package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

// execution is a run to be started and shown.
type execution struct {
	repository *dagster.Repository
	home       *home // closed at the end
	start      func(context.Context, ...dagster.RunOption) (*dagster.Result, error)
	options    []dagster.RunOption
	json       bool
}

// shower shows a run while it goes on.
type shower interface {
	// show takes the events of the run, each once, in order. It is not called twice at once.
	show(events []storage.Event)

	// canceling says that the run is being canceled, as soon as it is known.
	canceling(text string)

	// finish ends the display.
	finish()
}

// execute starts the run, shows it and says what came of it.
func (a *app) execute(ctx context.Context, x execution) error {
	show := a.shower(x.json)
	follow := newFollower(context.WithoutCancel(ctx), x.home.store, show.show)
	opts := append(x.options, dagster.OnInstance(x.home.inst), dagster.OnEvents(follow.watch))
	if a.Executor != nil {
		opts = append(opts, dagster.WithExecutor(a.Executor))
	}
	unwatch := context.AfterFunc(ctx, func() { show.canceling(cancelText(ctx)) })
	begun := time.Now()
	res, err := x.start(ctx, opts...)
	unwatch()
	lost := follow.finish(context.WithoutCancel(ctx), res.Run().ID)
	show.finish()
	err = a.report(x, res, err, time.Since(begun))
	closed := errors.Join(x.repository.Close(), x.home.close())
	switch {
	case err != nil:
		return err
	case lost != nil:
		return &exit{code: exitHome, err: fmt.Errorf("the run has ended, but not all of its events were shown: %w", lost)}
	case closed != nil:
		return &exit{code: exitFailed, err: fmt.Errorf("the run has ended, but: %w", closed)}
	}
	return nil
}

func (a *app) shower(asJSON bool) shower {
	switch {
	case asJSON:
		return &jsonShower{app: a}
	case a.style.moves:
		return newLive(a)
	}
	return &plainShower{app: a}
}

func cancelText(ctx context.Context) string {
	text := "canceling: waiting for the steps that run"
	if _, ok := errors.AsType[*interruption](context.Cause(ctx)); ok {
		text += "; interrupt again to stop at once"
	}
	return text
}

// report says what came of the run.
func (a *app) report(x execution, res *dagster.Result, err error, elapsed time.Duration) error {
	if res.RunID() == "" {
		return refusal(err)
	}
	text := a.summary(res, err, elapsed)
	out := a.Stdout
	if x.json {
		out = a.Stderr
	}
	if x.json && err == nil {
		return nil
	}
	if werr := write(out, text); werr != nil && err == nil {
		return werr
	}
	if err == nil {
		return nil
	}
	return &exit{code: exitFailed, err: err, shown: true}
}
