package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// backfill is one run after the other, each for one partition.
type backfill struct {
	*app
	x      execution
	chosen partition.Subset
	show   *backfillShow

	done   int
	failed []string // keys, in order
	why    []string // of those, the first few
	lost   error    // events that were not shown
}

// backfill starts one run for each of the partitions.
func (a *app) backfill(ctx context.Context, x execution, chosen partition.Subset) error {
	b := &backfill{app: a, x: x, chosen: chosen, show: newBackfillShow(a, chosen, x.json)}
	begun := time.Now()
	err := b.runs(ctx)
	b.show.finish()
	took := time.Since(begun)
	stopped := b.done+len(b.failed) < chosen.Count()
	closed := errors.Join(x.repository.Close(), x.home.close())
	switch {
	case err != nil:
		return errors.Join(err, write(a.Stderr, b.summary(took)))
	case b.lost != nil:
		return &exit{code: exitHome, err: fmt.Errorf("the runs have ended, but not all of their events were shown: %w", b.lost)}
	}
	out := a.Stdout
	if x.json {
		out = a.Stderr
	}
	if !x.json || stopped || len(b.failed) > 0 {
		err = write(out, b.summary(took))
	}
	switch {
	case stopped || len(b.failed) > 0:
		return &exit{code: exitFailed, err: errors.New("not all runs succeeded"), shown: true}
	case closed != nil:
		return &exit{code: exitFailed, err: fmt.Errorf("the runs have ended, but: %w", closed)}
	}
	return err
}

// runs executes the runs until all are done, ctx has ended, or the store refuses one.
func (b *backfill) runs(ctx context.Context) error {
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() {
		cause := context.Cause(ctx)
		// The interrupt of a user lets the run at hand end, which is short beside all of them. Who asks the process to go
		// does not know how long that is.
		if i, ok := errors.AsType[*interruption](cause); ok && i.signal == os.Interrupt {
			b.show.stopping("stopping after this run; interrupt again to stop at once")
			return
		}
		b.show.stopping("canceling: waiting for the steps that run")
		cancel(cause)
	})()
	for key := range b.chosen.Keys() {
		if ctx.Err() != nil {
			return nil
		}
		begun := time.Now()
		b.show.started(key, begun)
		res, err := b.one(run, key)
		if refused := refusal(err); err != nil && res.RunID() == "" && ExitCode(refused) != exitUsage {
			if ctx.Err() != nil {
				return nil
			}
			return refused
		}
		if err != nil && ctx.Err() != nil && res.Status() == storage.RunCanceled {
			b.show.ended(key, res, "canceled", begun)
			return nil
		}
		b.count(key, res, err, begun)
	}
	return nil
}

// one executes the run of one partition.
func (b *backfill) one(ctx context.Context, key string) (*dagster.Result, error) {
	opts := slices.Concat(b.x.options, b.x.late, b.x.config.options(), []dagster.RunOption{dagster.OnInstance(b.x.home.inst), dagster.PartitionKey(key)})
	if b.Executor != nil {
		opts = append(opts, dagster.WithExecutor(b.Executor))
	}
	if !b.x.json {
		return b.x.start(ctx, append(opts, dagster.OnEvents(b.show.events))...)
	}
	events := &jsonShower{app: b.app, closed: b.show.closed}
	follow := newFollower(context.WithoutCancel(ctx), b.x.home.store, events.show)
	res, err := b.x.start(ctx, append(opts, dagster.OnEvents(follow.watch))...)
	b.lost = errors.Join(b.lost, follow.finish(context.WithoutCancel(ctx), res.Run().ID))
	b.show.closed = events.closed
	return res, err
}

func (b *backfill) count(key string, res *dagster.Result, err error, begun time.Time) {
	if err == nil {
		b.done++
		b.show.ended(key, res, "", begun)
		return
	}
	text := whyFailed(res, err)
	b.failed = append(b.failed, key)
	if len(b.why) < mostFailed {
		b.why = append(b.why, text)
	}
	b.show.ended(key, res, text, begun)
}

// whyFailed is the first error of a run, in one line.
func whyFailed(res *dagster.Result, err error) string {
	for _, s := range res.Steps() {
		if s.Err != nil {
			return clean(stepTitle(&s)) + ": " + fold(storage.NewError(s.Err).Message)
		}
	}
	return fold(err.Error())
}

// summary is what is left to read after the runs.
func (b *backfill) summary(elapsed time.Duration) string {
	total := b.chosen.Count()
	left := total - b.done - len(b.failed)
	status := storage.RunSucceeded
	switch {
	case left > 0:
		status = storage.RunCanceled
	case len(b.failed) > 0:
		status = storage.RunFailed
	}
	parts := []string{count(b.done, "run") + " succeeded"}
	if len(b.failed) > 0 {
		parts = append(parts, grouped(len(b.failed))+" failed")
	}
	if left > 0 {
		parts = append(parts, grouped(left)+" left")
	}
	var out strings.Builder
	head := line{{string(status), statusColor(status)}, {" in " + took(elapsed) + ": " + strings.Join(parts, ", "), plain}}
	out.WriteString("\n" + head.render(b.style, 0) + "\n")
	for i, why := range b.why {
		fmt.Fprintf(&out, "  %s: %s\n", b.style.paint(red, clean(b.failed[i])), why)
	}
	if more := len(b.failed) - len(b.why); more > 0 {
		fmt.Fprintf(&out, "  and %s more\n", grouped(more))
	}
	out.WriteString("\n" + b.next(left))
	return out.String()
}

// next are the commands that somebody may want after the runs.
func (b *backfill) next(left int) string {
	more := []string{"run", "list"}
	switch of := b.x.choice.of; {
	case len(of.assets) > 0:
		more = append([]string{"partition", "status"}, of.assets[:min(len(of.assets), 3)]...)
	case len(of.again) == 3:
		more = append(more, "--job", of.again[2])
	}
	text := "More:   " + b.command(more...) + "\n"
	if len(b.failed) > 0 {
		text += "Retry:  " + b.again(b.failed, choiceFailed)
	}
	if left > 0 {
		text += "Go on:  " + b.again(slices.Collect(b.chosen.Keys())[b.done+len(b.failed):], choiceMissing)
	}
	return text
}

// longList is how long a list of partitions may be in a command that is proposed.
const longList = 100

// again is the same command for some of the partitions.
func (b *backfill) again(keys []string, word string) string {
	of := b.x.choice.of
	text := word
	if some, err := b.x.choice.set.Of(keys...); err == nil {
		if list := some.String(); len(list) <= longList || len(of.assets) == 0 {
			text = list
		}
	}
	return b.command(append(slices.Clone(of.again), "--"+flagPartitions, text)...) + "\n"
}
