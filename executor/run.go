package executor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dagster-go/dagster/executor/machine"
	"github.com/dagster-go/dagster/storage"
)

// run is one execution of a plan. Whoever holds mu owns the state: a worker that has ended a step tells the machine itself,
// and goes on with what that made ready, so that a chain never waits for another goroutine to wake up.
type run struct {
	Request
	g      *machine.Graph
	ctx    context.Context //nolint:containedctx // of the run, which is over when Execute returns
	stop   context.CancelFunc
	rank   []int32 // by step: its turn; nil if that is plan order
	byRank []int32

	kick      chan struct{} // the soonest timer has changed
	ended     chan struct{} // every step is final and every worker has gone
	abandoned chan struct{} // those who wait for a body need not any more
	stuck     atomic.Int32

	mu      sync.Mutex
	idle    sync.Cond
	m       *machine.Machine
	ready   queue
	limits  limits
	timers  timers
	workers []*worker
	alive   int // workers, without those that were given up
	resting int // of them, those that wait for a step
	facts   []fact
	errs    map[machine.ID]error
	took    time.Duration // of the attempt that has just ended
	due     []machine.Event
	events  []storage.Event
}

// fact is what the machine need not know: nanoseconds since 1970, 0 for never.
type fact struct{ started, ended int64 }

// add notes an attempt; the step started with the first.
func (f *fact) add(started, ended time.Time) {
	if f.started == 0 {
		f.started = started.UnixNano()
	}
	f.ended = ended.UnixNano()
}

func newRun(ctx context.Context, g *machine.Graph, q *Request) (*run, error) {
	r := &run{
		Request: *q, g: g,
		kick: make(chan struct{}, 1), ended: make(chan struct{}), abandoned: make(chan struct{}),
		facts: make([]fact, len(q.Plan.Steps)),
	}
	var err error
	if r.limits, err = newLimits(q.Plan, q.TagLimits); err != nil {
		return nil, err
	}
	r.rank, r.byRank = ranks(q.Plan)
	r.idle.L = &r.mu
	r.ctx, r.stop = context.WithCancel(ctx)
	return r, nil
}

// ranks orders steps by priority, then as they stand in the plan.
func ranks(p *Plan) (rank, byRank []int32) {
	if !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Priority != 0 }) {
		return nil, nil
	}
	byRank = make([]int32, len(p.Steps))
	for i := range byRank {
		byRank[i] = int32(i)
	}
	slices.SortStableFunc(byRank, func(a, b int32) int { return cmp.Compare(p.Steps[b].Priority, p.Steps[a].Priority) })
	rank = make([]int32, len(byRank))
	for i, s := range byRank {
		rank[s] = int32(i)
	}
	return rank, byRank
}

// begin starts the machine, from the history if there is one.
func (r *run) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var first []machine.Command
	if len(r.History) == 0 {
		r.m, first = machine.New(r.g, r.Seed)
	} else {
		var err error
		if r.m, first, err = machine.Rebuild(r.g, r.Seed, r.History, time.Now()); err != nil {
			return err
		}
		r.remember()
	}
	r.follow(first, nil)
	r.hire()
	return nil
}

// conduct waits until the run is over, and sees to its timers and its cancellation.
func (r *run) conduct(ctx context.Context) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	canceled := ctx.Done()
	var grace <-chan time.Time
	for {
		select {
		case <-r.ended:
			return
		case <-canceled:
			canceled = nil
			r.cancel()
			over := time.NewTimer(r.Grace)
			defer over.Stop()
			grace = over.C
		case <-grace:
			r.abandon()
		case <-r.kick:
			r.wind(alarm) //nolint:contextcheck // what it starts has the run's context
		case <-alarm.C:
			r.wind(alarm) //nolint:contextcheck // what it starts has the run's context
		}
	}
}

// wind lets every wait that is over end, and sets the alarm to the next.
func (r *run) wind(alarm *time.Timer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for len(r.timers) > 0 && !r.timers[0].at.After(now) {
		t := r.timers.next()
		r.apply(machine.Event{Kind: machine.Due, ID: t.id, Attempt: t.attempt}, nil)
	}
	r.hire()
	if len(r.timers) > 0 {
		alarm.Reset(r.timers[0].at.Sub(now))
	}
}

func (r *run) cancel() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopAll()
}

// stopAll starts no step any more. r.mu is held.
func (r *run) stopAll() {
	if r.m.Canceled() {
		return
	}
	r.timers = nil
	r.ready.clear()
	r.limits = limits{}
	r.apply(machine.Event{Kind: machine.Cancel}, nil)
}

// apply tells the machine what happened and does what follows. r.mu is held.
func (r *run) apply(e machine.Event, err error) {
	r.follow(r.m.Apply(e), err)
}

// follow carries out commands and what comes of waits that are over at once. r.mu is held.
func (r *run) follow(commands []machine.Command, err error) {
	r.carry(commands, err)
	for len(r.due) > 0 {
		e := r.due[0]
		r.due = r.due[1:]
		r.carry(r.m.Apply(e), nil)
	}
}

// carry carries out commands. It wakes no one for what has become ready: a worker that has ended a step goes on with
// that itself, and wakes another if there is more. err is why the attempt that they follow from failed. r.mu is held.
func (r *run) carry(commands []machine.Command, err error) {
	for _, c := range commands {
		switch c.Do {
		case machine.DoRun:
			r.ready.push(r.turn(c.ID))
			continue
		case machine.DoWait:
			r.sleep(c)
			continue
		case machine.DoRetry:
			r.sleep(c)
		default:
		}
		r.put(c, err)
	}
	if len(r.events) > 0 {
		if r.Sink != nil {
			r.Sink.Record(r.events...)
		}
		clear(r.events)
		r.events = r.events[:0]
	}
	if r.m.Done() {
		r.idle.Broadcast()
		r.over()
	}
}

// sleep arranges for a step's next attempt.
func (r *run) sleep(c machine.Command) {
	if c.Delay <= 0 {
		r.due = append(r.due, machine.Event{Kind: machine.Due, ID: c.ID, Attempt: c.Attempt})
		return
	}
	t := timer{at: time.Now().Add(c.Delay), id: c.ID, attempt: c.Attempt}
	r.timers.add(t)
	if r.timers[0] == t {
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
}

// put writes the event of a command.
func (r *run) put(c machine.Command, err error) {
	e := storage.Event{Run: r.Run, Step: r.m.Key(c.ID), Attempt: c.Attempt, At: time.Now().UTC()}
	err = cmp.Or(c.Err, err)
	switch c.Do {
	case machine.DoRetry:
		e.Kind, e.Data = storage.StepUpForRetry, failureData(err, c.Delay)
	case machine.DoFail, machine.DoStop:
		e.Kind, e.Data = storage.StepFailure, failureData(err, 0)
	case machine.DoSkip:
		e.Kind = storage.StepSkipped
	case machine.DoPass:
		e.Kind, e.Data = storage.StepSuccess, &storage.SuccessData{Duration: r.took}
	case machine.DoRun, machine.DoWait:
	}
	if err != nil {
		if r.errs == nil {
			r.errs = map[machine.ID]error{}
		}
		r.errs[c.ID] = err
	}
	r.events = append(r.events, e)
}

// fact returns the place for what is known of a step besides its state.
func (r *run) fact(id machine.ID) *fact {
	if n := int(id) + 1 - len(r.facts); n > 0 {
		r.facts = append(r.facts, make([]fact, n)...)
	}
	return &r.facts[id]
}

// turn is the place of a step in the queue, step its inverse.
func (r *run) turn(id machine.ID) uint64 {
	o := r.m.Order(id)
	if r.rank != nil {
		o = uint64(r.rank[o>>32])<<32 | o&0xffffffff //nolint:gosec // not negative
	}
	return o
}

func (r *run) id(turn uint64) machine.ID {
	if r.byRank != nil {
		turn = uint64(r.byRank[turn>>32])<<32 | turn&0xffffffff //nolint:gosec // not negative
	}
	return r.m.At(turn)
}

// over ends the run when every step is final and no worker is left. r.mu is held.
func (r *run) over() {
	if r.m.Done() && r.alive == 0 {
		select {
		case <-r.ended:
		default:
			close(r.ended)
		}
	}
}
