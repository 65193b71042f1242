package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// A run from its creation to its end, with one materialization.
func ExampleMemory() {
	ctx := context.Background()
	s := storage.NewMemory()
	run := storage.Run{ID: "01930000-0000-7000-8000-000000000001", Job: "nightly", Status: storage.RunStarting}
	must(s.CreateRun(ctx, run))
	run, err := s.Transition(ctx, run.ID, storage.Transition{
		From: storage.RunStarting, To: storage.RunStarted, Events: []storage.Event{{Kind: storage.RunStart}},
	})
	must(err)
	_, err = s.Append(ctx, storage.Batch{Run: run.ID, Epoch: run.Epoch, Events: []storage.Event{{
		Kind: storage.AssetMaterialization, Asset: "orders",
		Data: &storage.MaterializationData{Metadata: []metadata.Entry{metadata.Rows(3)}},
	}}})
	must(err)
	run, err = s.Transition(ctx, run.ID, storage.Transition{
		From: storage.RunStarted, To: storage.RunSucceeded, Epoch: run.Epoch, Events: []storage.Event{{Kind: storage.RunSuccess}},
	})
	must(err)

	events, err := s.Events(ctx, storage.EventFilter{Run: run.ID})
	must(err)
	for _, e := range events {
		fmt.Println(e.Seq, e.Kind)
	}
	latest, err := s.LatestMaterialization(ctx, "orders", "")
	must(err)
	fmt.Println(run.Status, latest.Data.(*storage.MaterializationData).Metadata[0].Value)
	// Output:
	// 1 PIPELINE_START
	// 2 ASSET_MATERIALIZATION
	// 3 PIPELINE_SUCCESS
	// SUCCESS 3
}

// A tail: wait for changes, and read what is new.
func ExampleMemory_Watch() {
	ctx, cancel := context.WithCancel(context.Background())
	s := storage.NewMemory()
	_, err := s.Append(ctx, storage.Batch{Events: []storage.Event{{Kind: storage.AssetObservation, Asset: "rates"}}})
	must(err)

	f := storage.EventFilter{}
	must(s.Watch(ctx, func() {
		page, err := s.Events(ctx, f)
		must(err)
		for _, e := range page {
			fmt.Println(e.Kind, e.Asset)
			f.After = e.ID
		}
		cancel()
	}))
	// Output: ASSET_OBSERVATION rates
}

// A worker that was given up cannot write any more.
func ExampleTransition_fence() {
	ctx := context.Background()
	s := storage.NewMemory()
	must(s.CreateRun(ctx, storage.Run{ID: "r", Status: storage.RunStarting}))
	old := storage.Batch{Run: "r", Epoch: 0, Events: []storage.Event{{Kind: storage.StepStart}}}
	_, err := s.Transition(ctx, "r", storage.Transition{From: storage.RunStarting, To: storage.RunStarting, Worker: "another"})
	must(err)
	_, err = s.Append(ctx, old)
	fmt.Println(errors.Is(err, storage.ErrFenced))
	// Output: true
}

// How a store changes a run: it reads it, asks Apply, and writes what it gets, in one transaction.
func ExampleApply() {
	run := storage.Run{ID: "r", Status: storage.RunStarted}
	run, err := storage.Apply(run, storage.Transition{From: storage.RunStarted, To: storage.RunCanceling, Reason: "asked to"})
	fmt.Println(run.Status, run.CancelTarget, err)
	_, err = storage.Apply(run, storage.Transition{From: storage.RunCanceling, To: storage.RunFailed})
	fmt.Println(err)
	// Output:
	// CANCELING CANCELED <nil>
	// run "r" to FAILURE: it is to end as CANCELED: storage: illegal transition
}

func ExampleCanTransition() {
	fmt.Println(storage.CanTransition(storage.RunQueued, storage.RunStarting))
	fmt.Println(storage.CanTransition(storage.RunSucceeded, storage.RunFailed))
	// Output:
	// true
	// false
}

func ExamplePrepare() {
	run, err := storage.Prepare(storage.Run{ID: "r"}, time.Unix(0, 0))
	fmt.Println(run.Status, run.Created, err)
	_, err = storage.Prepare(storage.Run{ID: "r", Status: storage.RunSucceeded}, time.Now())
	fmt.Println(err)
	// Output:
	// NOT_STARTED 1970-01-01 00:00:00 +0000 UTC <nil>
	// create run "r": a run is not created SUCCESS
}

func ExampleEncodePayload() {
	b, err := storage.EncodePayload(nil, &storage.SuccessData{Duration: time.Second})
	fmt.Println(string(b), err)
	// Output: {"v":1,"duration_ns":1000000000} <nil>
}

// What a newer release stored is not lost when this one reads and writes it.
func ExampleDecodePayload() {
	p, err := storage.DecodePayload(storage.StepSuccess, []byte(`{"v":1,"duration_ns":5,"cpu_ns":4}`))
	must(err)
	fmt.Println(p.(*storage.SuccessData).Duration)
	b, err := storage.EncodePayload(nil, p)
	fmt.Println(string(b), err)
	// Output:
	// 5ns
	// {"v":1,"duration_ns":5,"cpu_ns":4} <nil>
}

func ExampleNewError() {
	e := storage.NewError(fmt.Errorf("load orders: %w", fs.ErrNotExist))
	fmt.Println(e.Message)
	fmt.Println(e.Cause.Kind, e.Cause.Message)
	// Output:
	// load orders: file does not exist
	// *errors.errorString file does not exist
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
