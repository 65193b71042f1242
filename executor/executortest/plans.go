package executortest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// planCase is a plan, what its bodies do, and how every step must end: "KEY STATUS, ..." with ok, failed, skipped or - for
// not run, and the number of attempts where it is not the usual.
type planCase struct {
	name   string
	plan   script
	acts   acts
	want   string
	status storage.RunStatus
}

const (
	succeeds = storage.RunSucceeded
	fails    = storage.RunFailed
)

func planCases() []planCase {
	return append(append(simpleCases(), skipCases()...), append(mapCases(), nestedCases()...)...)
}

func simpleCases() []planCase {
	return []planCase{
		{"nothing to do", script{}, nil, "", succeeds},
		{"a chain", script{"a", "b needs a", "c needs b"}, nil, "a ok, b ok, c ok", succeeds},
		{"below a failure nothing runs, beside it everything", script{"a", "b needs a", "c needs b", "d needs a"}, acts{"b": "fail"}, "a ok, b failed, c -, d ok", fails},
		{"order alone stops below a failure too", script{"a", "b after a"}, acts{"a": "fail"}, "a failed, b -", fails},
		{"a retry makes up for a failure", script{"a retry ||", "b needs a"}, acts{"a": "fail-once"}, "a ok 2, b ok", succeeds},
		{"retries are used up", script{"a retry ||", "b needs a"}, acts{"a": "fail"}, "a failed 3, b -", fails},
		{"finally runs after a failure, and the run still fails", script{"a", "b needs a", "c finally a,b"}, acts{"a": "fail"}, "a failed, b -, c ok", fails},
		{"finally runs after a skip", script{"a out o?", "b needs a.o", "c finally b"}, acts{"a": "missing o"}, "a ok, b skipped, c ok", succeeds},
		{"finally does not excuse another input", script{"a", "b", "c finally a needs b"}, acts{"b": "fail"}, "a ok, b failed, c -", fails},
		{"a required output that is missing fails the step, once", script{"a retry ||", "b needs a"}, acts{"a": "missing result"}, "a failed, b -", fails},
	}
}

func skipCases() []planCase {
	return []planCase{
		{"below a missing output steps are skipped", script{"a out l? out r?", "l needs a.l", "r needs a.r", "z needs r"}, acts{"a": "missing r"}, "a ok, l ok, r skipped, z skipped", succeeds},
		{"order alone is skipped too", script{"a out o?", "b after a", "c after b"}, acts{"a": "missing o"}, "a ok, b skipped, c skipped", succeeds},
		{"one skipped input skips the step", script{"a out o?", "b", "c needs a.o needs b"}, acts{"a": "missing o"}, "a ok, b ok, c skipped", succeeds},
		{"a skip beats a failure", script{"a out o?", "b", "j needs a.o needs b", "k needs j"}, acts{"a": "missing o", "b": "fail"}, "a ok, b failed, j skipped, k skipped", fails},
		{"a skip beats a failure whichever is first", script{"a out o?", "b", "j needs b needs a.o"}, acts{"a": "missing o", "b": "fail"}, "a ok, b failed, j skipped", fails},
		{"a fan-in leaves skipped sources out", script{"a out l? out r?", "b needs a.l", "c needs a.r", "j fanin b,c"}, acts{"a": "missing l"}, "a ok, b skipped, c ok, j ok", succeeds},
		{"a fan-in of skipped sources alone is skipped", script{"a out o?", "b out o?", "j fanin a.o,b.o"}, acts{"a": "missing o", "b": "missing o"}, "a ok, b ok, j skipped", succeeds},
		{"a fan-in does not excuse a failed source", script{"a", "b", "j fanin a,b"}, acts{"b": "fail"}, "a ok, b failed, j -", fails},
		{"a fan-in does not rescue a skipped input beside it", script{"a out o?", "b", "j fanin b needs a.o"}, acts{"a": "missing o"}, "a ok, b ok, j skipped", succeeds},
		{"a fan-in of nothing runs", script{"j fanin none"}, nil, "j ok", succeeds},
		{"maybe runs if all was skipped", script{"a out o?", "j maybe a.o", "k needs j"}, acts{"a": "missing o"}, "a ok, j ok, k ok", succeeds},
		{"maybe does not excuse a failure", script{"a", "j maybe a"}, acts{"a": "fail"}, "a failed, j -", fails},
	}
}

func mapCases() []planCase {
	one := script{"gen out o*", "m@gen needs gen", "c needs m", "z needs c"}
	return []planCase{
		{"a map runs once per key", one, acts{"gen": "keys k1,k2"}, "gen ok, m[k1] ok, m[k2] ok, c ok, z ok", succeeds},
		{"a map without keys collects nothing", one, nil, "gen ok, c ok, z ok", succeeds},
		{
			"one failed copy stops what collects",
			script{"gen out o*", "m@gen needs gen", "n@gen needs m", "c needs n"},
			acts{"gen": "keys k1,k2,k3", "m[k2]": "fail"},
			"gen ok, m[k1] ok, m[k2] failed, m[k3] ok, n[k1] ok, n[k2] -, n[k3] ok, c -", fails,
		},
		{
			"skipped copies are left out",
			script{"gen out o*", "m@gen needs gen out o?", "n@gen needs m", "c needs n"},
			acts{"gen": "keys k1,k2", "m[k1]": "missing o"},
			"gen ok, m[k1] ok, m[k2] ok, n[k1] skipped, n[k2] ok, c ok", succeeds,
		},
		{
			"all copies skipped skip what collects",
			script{"gen out o*", "m@gen needs gen out o?", "n@gen needs m", "c needs n"},
			acts{"gen": "keys k1,k2", "m": "missing o"},
			"gen ok, m[k1] ok, m[k2] ok, n[k1] skipped, n[k2] skipped, c skipped", succeeds,
		},
		{"keys of a step that failed never become known", one, acts{"gen": "fail"}, "gen failed, m[?] -, c -, z -", fails},
		{"nor do those of a skipped one", script{"a out o?", "gen needs a.o out o*", "m@gen needs gen", "c needs m"}, acts{"a": "missing o"}, "a ok, gen skipped, m[?] -, c skipped", succeeds},
		{"a dynamic output can be taken whole", script{"gen out o*", "c needs gen"}, acts{"gen": "keys a,b"}, "gen ok, c ok", succeeds},
		{
			"copies take what is outside of the map",
			script{"p", "gen out o*", "m@gen needs gen needs p", "c needs m needs p"},
			acts{"gen": "keys a,b", "p": "fail"},
			"p failed, gen ok, m[a] -, m[b] -, c -", fails,
		},
		{
			"copies wait for what collects other copies",
			script{"gen out o*", "m@gen needs gen", "c needs m", "n@gen needs m needs c", "d needs n"},
			acts{"gen": "keys a,b"},
			"gen ok, m[a] ok, m[b] ok, c ok, n[a] ok, n[b] ok, d ok", succeeds,
		},
		{
			"a copy waits for what the success of its map's source has just made ready",
			script{"p out o* out x?", "u needs p.x", "v needs p.o", "t@p.o maybe u needs v", "c needs t"},
			acts{"p": "missing x keys a,b"},
			"p ok, u skipped, v ok, t[a] ok, t[b] ok, c ok", succeeds,
		},
		{"each copy is tried again for itself", script{"gen out o*", "m@gen needs gen retry |", "c needs m"}, acts{"gen": "keys a,b", "m[a]": "fail-once"}, "gen ok, m[a] ok 2, m[b] ok, c ok", succeeds},
		{"finally waits for all copies", script{"gen out o*", "m@gen needs gen", "c finally m"}, acts{"gen": "keys a,b", "m[a]": "fail"}, "gen ok, m[a] failed, m[b] ok, c ok", fails},
		{"maps follow each other", script{"gen out o*", "c needs gen out o*", "m@c needs c", "d needs m"}, acts{"gen": "keys a", "c": "keys x,y"}, "gen ok, c ok, m[x] ok, m[y] ok, d ok", succeeds},
		{"a key given twice fails the step, once", script{"gen out o* retry ||", "m@gen needs gen"}, acts{"gen": "keys a,a"}, "gen failed, m[?] -", fails},
		{"a key with other characters fails the step", one, acts{"gen": "keys a/b"}, "gen failed, m[?] -, c -, z -", fails},
		{"an empty key fails the step", one, acts{"gen": "keys a,,b"}, "gen failed, m[?] -, c -, z -", fails},
		{"keys of letters, digits, underscores, dashes and dots", one, acts{"gen": "keys 1,_2,a-b,2024-01.02"}, "gen ok, m[1] ok, m[_2] ok, m[a-b] ok, m[2024-01.02] ok, c ok, z ok", succeeds},
		{"keys for an output that is not dynamic fail the step", script{"a"}, acts{"a": "keys x"}, "a failed", fails},
	}
}

func nestedCases() []planCase {
	nested := script{"gen out o*", "sub@gen needs gen out o*", "leaf@sub needs sub", "mid@gen needs leaf", "top needs mid", "all needs leaf"}
	return []planCase{
		{
			"maps nest", nested,
			acts{"gen": "keys a,b", "sub[a]": "keys x,y", "sub[b]": "keys z"},
			"gen ok, sub[a] ok, sub[b] ok, leaf[a/x] ok, leaf[a/y] ok, leaf[b/z] ok, mid[a] ok, mid[b] ok, top ok, all ok", succeeds,
		},
		{
			"an inner map may be empty", nested,
			acts{"gen": "keys a,b", "sub[b]": "keys z"},
			"gen ok, sub[a] ok, sub[b] ok, leaf[b/z] ok, mid[a] ok, mid[b] ok, top ok, all ok", succeeds,
		},
		{"an outer map may be empty", nested, nil, "gen ok, top ok, all ok", succeeds},
		{
			"a failure in an inner map stays in its branch", nested,
			acts{"gen": "keys a,b", "sub": "keys x", "leaf[a/x]": "fail"},
			"gen ok, sub[a] ok, sub[b] ok, leaf[a/x] failed, leaf[b/x] ok, mid[a] -, mid[b] ok, top -, all -", fails,
		},
		{
			"an inner map whose keys never become known", nested,
			acts{"gen": "keys a,b", "sub": "keys x", "sub[a]": "fail"},
			"gen ok, sub[a] failed, sub[b] ok, leaf[a/?] -, leaf[b/x] ok, mid[a] -, mid[b] ok, top -, all -", fails,
		},
		{
			"inner copies take what outer copies made",
			script{"gen out o*", "p@gen", "sub@gen needs gen out o*", "leaf@sub needs sub needs p needs gen", "c needs leaf"},
			acts{"gen": "keys a,b", "sub": "keys x", "p[b]": "fail"},
			"gen ok, p[a] ok, p[b] failed, sub[a] ok, sub[b] ok, leaf[a/x] ok, leaf[b/x] -, c -", fails,
		},
	}
}

func (c planCase) run(t *testing.T, e executor.Executor) {
	t.Helper()
	p := c.plan.plan()
	report, log := execute(t, e, executor.Request{Plan: p, Worker: &actor{p, c.acts}, MaxConcurrent: 4})
	got := make([]string, 0, len(report.Steps))
	for _, s := range report.Steps {
		got = append(got, word(s))
	}
	assert.Equal(t, c.want, strings.Join(got, ", "))
	assert.Equal(t, c.status, report.Status)
	checkLog(t, log, report)
}

// word says how a step ended, as planCase does.
func word(s executor.StepReport) string {
	status := map[executor.StepStatus]string{
		executor.StepSucceeded: "ok", executor.StepFailed: "failed", executor.StepSkipped: "skipped", executor.StepNotRun: "-", executor.StepCanceled: "canceled",
	}[s.Status]
	if s.Attempts > 1 {
		status += " " + strconv.Itoa(s.Attempts)
	}
	return s.Key + " " + status
}
