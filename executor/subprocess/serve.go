//go:build unix

package subprocess

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/internal/capture"
	"github.com/dagster-go/dagster/internal/deathpipe"
	"github.com/dagster-go/dagster/storage"
)

// sayFD is where a process says what happens.
const sayFD = 3

// Serve is what a process that a [Worker] started does: it runs the one attempt that it was called for with run, and says what happens.
// The context ends on SIGTERM. A panic of run is its failure. The process ends at once when the one that started it does. Serve
// returns an error when it could not say how the step did; whatever it returns, the process should end.
func Serve(ctx context.Context, run func(ctx context.Context, c Call, t *executor.Task) executor.Outcome) error {
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer cancel()
	stop, err := deathpipe.Watch(deathpipe.Die)
	if err != nil {
		return fmt.Errorf("serve step: %w", err)
	}
	defer stop()
	syscall.CloseOnExec(sayFD)
	s := &saying{out: os.NewFile(sayFD, "messages")}
	var call Call
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&call); err != nil {
		return fmt.Errorf("serve step: read call: %w", err)
	}
	if err := limit(call.Memory); err != nil {
		return fmt.Errorf("serve step: %w", err)
	}
	drain := func() {}
	if call.Logs != "" {
		drain = capture.Start(capture.Config{Dir: call.Logs, Max: call.MaxLogBytes, Warn: s.warn})
	}
	defer drain()
	o := guard(ctx, call, call.task(s), run)
	drain() // what the step printed is kept before it is told that it ended
	return s.end(o)
}

// guard turns a panic into a failure.
func guard(ctx context.Context, c Call, t *executor.Task, run func(context.Context, Call, *executor.Task) executor.Outcome) (o executor.Outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = executor.Outcome{Err: &executor.PanicError{Value: v, Stack: debug.Stack()}}
		}
	}()
	return run(ctx, c, t)
}

// limit bounds the memory of this process: what it may write to, not what it only maps, of which Go has a lot.
func limit(most int64) error {
	if most <= 0 {
		return nil
	}
	debug.SetMemoryLimit(most / 10 * 9)
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: uint64(most), Max: uint64(most)}); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	return nil
}

// saying writes messages. It may be used by several goroutines.
type saying struct {
	mu  sync.Mutex
	out *os.File
	err error // the first; after it nothing more is said
}

var _ executor.Sink = (*saying)(nil)

// Record says what happened.
func (s *saying) Record(events ...storage.Event) {
	for i := range events {
		e, err := newEvent(&events[i])
		s.say(message{Event: e}, err)
	}
}

func (s *saying) warn(err error) {
	s.Record(storage.Event{Kind: storage.EngineEvent, At: time.Now().UTC(), Message: err.Error()})
}

func (s *saying) say(m message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	var text []byte
	if err == nil {
		text, err = json.Marshal(m)
	}
	if err == nil {
		_, err = s.out.Write(append(text, '\n'))
	}
	s.err = err
}

// end says how the attempt ended, unless something could not be said: then it is for the exit of the process to tell.
func (s *saying) end(o executor.Outcome) error {
	w, err := newOutcome(o)
	s.say(message{Outcome: w}, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = errors.New("closed")
		return s.out.Close()
	}
	return fmt.Errorf("serve step: say what happened: %w", s.err)
}
