package executortest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

func testSources(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{
		"a out l? out r?", "gen out o*", "m@gen needs gen fanin a.l,a.r out v?", "n@gen needs m.v needs gen",
		"c needs n needs gen", "late needs c after a.r", "sub@gen out o*", "leaf@sub needs sub needs gen", "all fanin leaf,a.r",
	}.plan()
	worker := &actor{p, acts{"a": "missing l", "gen": "keys y,x,z", "m[x]": "missing v", "sub[y]": "keys 1,2", "sub[z]": "keys 3"}}
	var mu sync.Mutex
	got := map[string]string{}
	report, _ := execute(t, e, executor.Request{Plan: p, MaxConcurrent: 4, Worker: funcWorker(func(ctx context.Context, t *executor.Task) executor.Outcome {
		var inputs []string
		for i := range p.Steps[t.Step].Inputs {
			var values []string
			for _, m := range t.Sources(i) {
				output := p.Steps[m.Step].Outputs[m.Output].Name
				values = append(values, strings.TrimSuffix(fmt.Sprintf("%s.%s:%s", m.Key, output, m.MapKey), ":"))
				if len(m.MapKeys) > 0 && !strings.HasSuffix(m.Key, "["+strings.Join(m.MapKeys, "/")+"]") {
					values = append(values, "wrong map keys")
				}
			}
			inputs = append(inputs, strings.Join(values, " "))
		}
		mu.Lock()
		got[t.Key] = strings.Join(inputs, "; ")
		mu.Unlock()
		return worker.RunStep(ctx, t)
	})})
	assert.Equal(t, storage.RunSucceeded, report.Status)
	for key, want := range map[string]string{
		"a":         "",
		"m[x]":      "gen.o:x; a.r",
		"n[y]":      "m[y].v; gen.o:y",
		"c":         "n[y].result n[z].result; gen.o:y gen.o:x gen.o:z",
		"late":      "c.result; a.r",
		"leaf[z/3]": "sub[z].o:3; gen.o:z",
		"all":       "leaf[y/1].result leaf[y/2].result leaf[z/3].result a.r",
	} {
		assert.Equal(t, want, got[key], key)
	}
}

// testResume cuts the log of a run off at every event and carries on from there.
func testResume(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{
		"a out l? out r? retry ||", "gen needs a.r out o* retry ||", "m@gen needs gen retry ||", "sub@gen needs m out o* retry ||",
		"leaf@sub needs sub retry ||", "c needs leaf retry ||", "f needs a.r retry ||", "below needs f retry ||",
		"skip needs a.l retry ||", "both needs f needs skip retry ||", "end finally c,both retry ||",
	}.plan()
	worker := &actor{p, acts{
		"a": "fail-once missing l", "gen": "fail-once keys k1,k2", "sub[k1]": "keys x,y", "leaf[k1/y]": "fail-once", "f": "fail",
	}}
	whole, log := execute(t, e, executor.Request{Plan: p, Worker: worker, MaxConcurrent: 2})
	checkLog(t, log, whole)
	events := log.Events()
	for n := range len(events) + 1 {
		report, more := execute(t, e, executor.Request{Plan: p, Worker: worker, MaxConcurrent: 2, History: events[:n]})
		require.Equal(t, outcomes(whole), outcomes(report), "carried on after %d events", n)
		require.Equal(t, whole.Status, report.Status)
		joined := &Log{}
		joined.Record(events[:n]...)
		joined.Record(more.Events()...)
		checkLog(t, joined, report)
		starts := map[string]int{}
		for _, ev := range joined.Events() {
			if ev.Kind == storage.StepStart || ev.Kind == storage.StepRestarted {
				starts[ev.Step]++
			}
		}
		for step, k := range starts {
			require.LessOrEqual(t, k, 3, "attempts of %s, carried on after %d events", step, n)
		}
	}
}

func testInterruptedLast(t *testing.T, e executor.Executor) {
	t.Helper()
	p := script{"a", "b needs a", "c retry |"}.plan()
	report, log := execute(t, e, executor.Request{
		Plan: p, Worker: &actor{plan: p},
		History: []storage.Event{{Kind: storage.StepStart, Step: "a", Attempt: 1}, {Kind: storage.StepStart, Step: "c", Attempt: 1}},
	})
	assert.Equal(t, "a failed, b -, c ok 2", words(report))
	assert.Equal(t, []storage.EventKind{storage.StepFailure}, log.Kinds("a"))
	assert.Equal(t, []storage.EventKind{storage.StepUpForRetry, storage.StepRestarted, storage.StepOutput, storage.StepSuccess}, log.Kinds("c"))
}
