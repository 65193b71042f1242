package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// execution is a run to be started and shown.
type execution struct {
	repository *dagster.Repository
	home       *home // closed at the end
	start      func(context.Context, ...dagster.RunOption) (*dagster.Result, error)
	options    []dagster.RunOption
	config     *runConfig
	choice     *choice             // nil if what is run is not partitioned
	late       []dagster.RunOption // that look at the home
	strict     bool                // a check that did not pass is an error
	json       bool

	remarks []string // what the engine has said of the run, for the summary
	checks  checkResults
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

// begin reads and checks the config of a run, opens the home, and executes it.
func (a *app) begin(cmd *cobra.Command, x execution, config *configFlags, want shape) error {
	var err error
	if x.config, err = config.read(cmd.InOrStdin(), want); err != nil {
		return err
	}
	if err := x.config.check(cmd.Context(), x.start, x.options); err != nil {
		return err
	}
	if x.choice == nil {
		if x.home, err = a.runHome(cmd.Context()); err != nil {
			return err
		}
		return a.execute(cmd.Context(), x)
	}
	if of := x.choice.of; of.mixed() || len(of.stages) > 1 && x.choice.list != "" && !x.choice.single {
		return a.executeStages(cmd.Context(), x)
	}
	return a.executePartitions(cmd.Context(), x)
}

// executePartitions looks up the partitions that are chosen, and executes one run or several.
func (a *app) executePartitions(ctx context.Context, x execution) error {
	if !x.choice.stored() { // a mistake makes no home
		if _, err := x.choice.find(ctx, nil, time.Now()); err != nil {
			return a.noneChosen(err, x.choice)
		}
	}
	var err error
	if x.home, err = a.runHome(ctx); err != nil {
		return err
	}
	chosen, err := x.choice.find(ctx, x.home.store, x.home.inst.Now())
	if err != nil {
		return errors.Join(a.noneChosen(err, x.choice), x.home.close())
	}
	if chosen.Count() == 1 || x.choice.list == "" || x.choice.single || x.choice.of.info.SingleRun {
		x.options = append(x.options, exactly(chosen))
		return a.execute(ctx, x)
	}
	return a.backfill(ctx, x, chosen)
}

// mostKeys is how many partitions are named one by one.
const mostKeys = 100

// exactly are these partitions.
func exactly(chosen partition.Subset) dagster.PartitionSet {
	if chosen.Count() > mostKeys {
		return dagster.PartitionsIn(chosen.String())
	}
	return dagster.PartitionKeys(slices.Collect(chosen.Keys())...)
}

// noneChosen says that there is nothing to run, which is no mistake.
func (a *app) noneChosen(err error, c *choice) error {
	if !errors.Is(err, errNone) {
		return err
	}
	text := map[string]string{
		choiceMissing: "no partition is missing", choiceFailed: "no partition has failed",
		choiceAll: "there are no partitions", choiceLatest: "there are no partitions",
	}[c.list]
	fmt.Fprintf(a.Stderr, "%s: %s: nothing to run\n", a.Name, text)
	return nil
}

// execute starts the run, shows it and says what came of it.
func (a *app) execute(ctx context.Context, x execution) error {
	show := a.shower(x.json, func(run storage.RunID) []dagster.StepPlan {
		record, err := x.home.store.Run(context.WithoutCancel(ctx), run)
		if err != nil {
			return nil // the display does without
		}
		return plannedSteps(x.repository, &record)
	})
	follow := newFollower(context.WithoutCancel(ctx), x.home.store, func(events []storage.Event) {
		x.remarks = append(x.remarks, remarks(events)...)
		x.checks.addAll(events)
		show.show(events)
	})
	opts := slices.Concat(x.options, x.late, x.config.options(), []dagster.RunOption{dagster.OnInstance(x.home.inst), dagster.OnEvents(follow.watch)})
	if a.Executor != nil {
		opts = append(opts, dagster.WithExecutor(a.Executor))
	}
	unwatch := context.AfterFunc(ctx, func() { show.canceling(cancelText(ctx)) })
	begun := time.Now()
	res, err := x.start(ctx, opts...)
	unwatch()
	lost := follow.finish(context.WithoutCancel(ctx), res.Run().ID)
	show.finish()
	err = a.report(&x, res, err, time.Since(begun))
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

// shower is how the run is shown; planned are the steps of one, as far as they are known before.
func (a *app) shower(asJSON bool, planned func(storage.RunID) []dagster.StepPlan) shower {
	switch {
	case asJSON:
		return &jsonShower{app: a}
	case a.style.moves:
		return newLive(a, planned)
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
func (a *app) report(x *execution, res *dagster.Result, err error, elapsed time.Duration) error {
	if errors.Is(err, dagster.ErrFresh) {
		return a.allFresh()
	}
	if res.RunID() == "" {
		if e, ok := errors.AsType[*exit](refusal(err)); ok && e.code == exitUsage {
			return x.config.report(e)
		}
		return refusal(err)
	}
	text := a.summary(res, err, elapsed, slices.Concat(x.remarks, a.checkLines(&x.checks, x.repository, notRun(res))))
	out := a.Stdout
	if x.json {
		out = a.Stderr
	}
	unsound := err == nil && x.strict && x.checks.failed()
	if x.json && err == nil && !unsound {
		return nil
	}
	if werr := write(out, text); werr != nil && err == nil {
		return werr
	}
	if unsound {
		err = errUnsound
	}
	if err == nil {
		return nil
	}
	return &exit{code: exitFailed, err: err, shown: true}
}
