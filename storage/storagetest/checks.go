package storagetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/storage"
)

func checkCases() []testCase {
	return []testCase{
		{"checks/planned, made, and planned again", testCheckStates},
		{"checks/a run that ends without a result", testCheckEnds},
		{"checks/what they looked at", testCheckTargets},
		{"checks/listed by asset, name and partition", testCheckList},
		{"checks/outlive their runs, and a wipe", testChecksOutliveRuns},
		{"checks/of no run", func(t *testing.T, s storage.Storage) {
			add(t, s, storage.Run{}, plannedCheck("a", "c", ""))
			assert.Empty(t, checkStatuses(t, s, storage.CheckFilter{}), "it would never end")
			e := add(t, s, storage.Run{}, checked("a", "c", "", true))[0]
			assert.Equal(t, []storage.CheckStatus{{
				CheckKey: storage.CheckKey{Asset: "a", Check: "c"}, State: storage.CheckSucceeded, Evaluation: e.ID, Passed: true, Severity: "ERROR",
			}}, checkStatuses(t, s, storage.CheckFilter{}))
		}},
		{"checks/payloads that are none say nothing", func(t *testing.T, s storage.Storage) {
			e := checked("a", "c", "", true)
			e.Data = nil
			raw := checked("a", "c", "", true)
			raw.Data = &storage.RawData{JSON: []byte(`{"v":2}`)}
			add(t, s, started(t, s, 1), e, raw)
			assert.Empty(t, checkStatuses(t, s, storage.CheckFilter{}))
		}},
	}
}

func plannedCheck(asset, check, partition string) storage.Event {
	return storage.Event{Kind: storage.AssetCheckPlanned, Asset: asset, Partition: partition, At: at(0), Data: &storage.CheckData{Check: check}}
}

func checked(asset, check, partition string, passed bool) storage.Event {
	return storage.Event{Kind: storage.AssetCheckEvaluation, Asset: asset, Partition: partition, At: at(0), Data: &storage.CheckData{
		Check: check, Passed: passed, Severity: "ERROR",
	}}
}

func checkStatuses(t *testing.T, s storage.Storage, f storage.CheckFilter) []storage.CheckStatus {
	t.Helper()
	page, err := s.CheckStatuses(t.Context(), f)
	require.NoError(t, err)
	return page
}

func checkStatus(t *testing.T, s storage.Storage, asset, check, partition string) storage.CheckStatus {
	t.Helper()
	for _, one := range checkStatuses(t, s, storage.CheckFilter{Assets: []string{asset}, Check: check, Partition: partition}) {
		if one.Partition == partition {
			return one
		}
	}
	require.Fail(t, "no such check")
	return storage.CheckStatus{}
}

func testCheckStates(t *testing.T, s storage.Storage) {
	key := storage.CheckKey{Asset: "a", Check: "c"}
	one, two := started(t, s, 1), started(t, s, 2)
	add(t, s, one, plannedCheck("a", "c", ""))
	want := storage.CheckStatus{CheckKey: key, State: storage.CheckInProgress, Run: one.ID}
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""))
	e := add(t, s, one, checked("a", "c", "", false))[0]
	want = storage.CheckStatus{CheckKey: key, State: storage.CheckFailed, Run: one.ID, Evaluation: e.ID, Severity: "ERROR"}
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""))

	planned := plannedCheck("a", "c", "")
	planned.Data = &storage.CheckData{Check: "c", Blocking: true}
	add(t, s, two, planned)
	want.State, want.Run, want.Blocking = storage.CheckInProgress, two.ID, true
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""), "what was found before stays known")
	e = add(t, s, one, checked("a", "c", "", true))[0]
	want.Evaluation, want.Passed, want.Blocking = e.ID, true, false
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""), "the plan is another run's")
	move(t, s, one, storage.RunSucceeded)
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""))

	warning := checked("a", "c", "", false)
	warning.Data = &storage.CheckData{Check: "c", Severity: "WARN", Blocking: true}
	e = add(t, s, two, warning)[0]
	move(t, s, two, storage.RunFailed)
	want = storage.CheckStatus{CheckKey: key, State: storage.CheckFailed, Run: two.ID, Evaluation: e.ID, Severity: "WARN", Blocking: true}
	assert.Equal(t, want, checkStatus(t, s, "a", "c", ""))
}

func testCheckEnds(t *testing.T, s storage.Storage) {
	for i, tt := range []struct {
		end  storage.RunStatus
		want storage.CheckState
	}{
		{storage.RunFailed, storage.CheckExecutionFailed}, {storage.RunSucceeded, storage.CheckSkipped}, {storage.RunCanceled, storage.CheckSkipped},
	} {
		r := started(t, s, i)
		e := add(t, s, r, plannedCheck("a", "c", "p"), plannedCheck("a", "made", "p"), checked("a", "made", "p", true), plannedCheck("b", "c", ""))
		if tt.end == storage.RunCanceled {
			var err error
			r, err = s.Transition(t.Context(), r.ID, storage.Transition{From: r.Status, To: storage.RunCanceling, Target: tt.end, Epoch: r.Epoch})
			require.NoError(t, err)
		}
		r = move(t, s, r, tt.end)
		assert.Equal(t, tt.want, checkStatus(t, s, "a", "c", "p").State)
		assert.Equal(t, r.ID, checkStatus(t, s, "b", "c", "").Run)
		assert.Equal(t, e[2].ID, checkStatus(t, s, "a", "made", "p").Evaluation)
		assert.Equal(t, storage.CheckSucceeded, checkStatus(t, s, "a", "made", "p").State)
	}
	e := add(t, s, storage.Run{}, checked("a", "c", "p", true))[0]
	assert.Equal(t, storage.CheckSucceeded, checkStatus(t, s, "a", "c", "p").State)
	assert.Equal(t, e.ID, checkStatus(t, s, "a", "c", "p").Evaluation)
}

func testCheckTargets(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	e := add(t, s, r, made("a", "p"), made("a", "q"), checked("a", "c", "p", true), checked("a", "c", "", true), made("a", "p"), checked("b", "c", "", true))
	ids := func(asset, partition string) [2]int64 {
		st := checkStatus(t, s, asset, "c", partition)
		assert.Equal(t, st.Materialization == st.Latest, st.LookedAtLatest())
		return [2]int64{st.Materialization, st.Latest}
	}
	assert.Equal(t, [2]int64{e[0].ID, e[4].ID}, ids("a", "p"))
	assert.Equal(t, [2]int64{e[1].ID, e[4].ID}, ids("a", ""), "of any partition")
	assert.Equal(t, [2]int64{}, ids("b", ""))
	again := add(t, s, r, checked("a", "c", "p", true), checked("a", "c", "", true), made("b", ""), checked("b", "c", "", false))
	assert.Equal(t, [2]int64{e[4].ID, e[4].ID}, ids("a", "p"))
	assert.Equal(t, [2]int64{e[4].ID, e[4].ID}, ids("a", ""))
	assert.Equal(t, [2]int64{again[2].ID, again[2].ID}, ids("b", ""))
}

func testCheckList(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	add(t, s, r, made("none", ""))
	all := make([]storage.CheckKey, 0, 18)
	for _, asset := range []string{"a", "a/b", "z"} {
		for _, check := range []string{"c", "d"} {
			for _, key := range []string{"", "p", "q"} {
				add(t, s, r, checked(asset, check, key, true))
				all = append(all, storage.CheckKey{Asset: asset, Check: check, Partition: key})
			}
		}
	}
	keys := func(f storage.CheckFilter) (out []storage.CheckKey) {
		for _, one := range checkStatuses(t, s, f) {
			out = append(out, one.CheckKey)
		}
		return out
	}
	assert.Equal(t, all, keys(storage.CheckFilter{}))
	assert.Equal(t, all[6:12], keys(storage.CheckFilter{Assets: []string{"a/b", "none", "unknown", "a/b"}}))
	assert.Equal(t, []storage.CheckKey{all[4], all[16]}, keys(storage.CheckFilter{Assets: []string{"z", "a"}, Check: "d", Partition: "p"}))
	assert.Len(t, keys(storage.CheckFilter{Check: "c"}), 9)
	assert.Empty(t, keys(storage.CheckFilter{Assets: []string{"b"}}))
	for limit := 1; limit <= 7; limit++ {
		f := storage.CheckFilter{Limit: limit}
		var seen []storage.CheckKey
		for {
			page := keys(f)
			if seen = append(seen, page...); len(page) < limit {
				break
			}
			f.After = page[len(page)-1]
		}
		assert.Equal(t, all, seen)
	}
	assert.Equal(t, all[14:], keys(storage.CheckFilter{Assets: []string{"z", "a"}, After: all[13]}))
	assert.Equal(t, all[12:], keys(storage.CheckFilter{Assets: []string{"z", "a"}, After: all[7]}), "of an asset that is not asked for")
	many := make([]storage.Event, 1200)
	names := make([]string, 0, len(many))
	for i := range many {
		many[i] = checked(fmt.Sprintf("many/%04d", i), "c", "", true)
		names = append(names, many[i].Asset)
	}
	add(t, s, r, many...)
	assert.Len(t, keys(storage.CheckFilter{Assets: names}), 1000)
	assert.Len(t, keys(storage.CheckFilter{Assets: names, Limit: 99999}), 1200)
}

func testChecksOutliveRuns(t *testing.T, s storage.Storage) {
	r := started(t, s, 1)
	e := add(t, s, r, made("a", "p"), checked("a", "c", "p", true), plannedCheck("a", "d", "p"))
	move(t, s, r, storage.RunFailed)
	want := checkStatuses(t, s, storage.CheckFilter{})
	require.Len(t, want, 2)
	require.NoError(t, s.DeleteRun(t.Context(), r.ID))
	assert.Equal(t, want, checkStatuses(t, s, storage.CheckFilter{}))
	require.NoError(t, s.WipePartitions(t.Context(), storage.Wipe{Asset: "a", All: true}))
	for i := range want {
		want[i].Latest = 0
	}
	assert.Equal(t, want, checkStatuses(t, s, storage.CheckFilter{}))
	assert.Equal(t, e[0].ID, want[0].Materialization)
	next := started(t, s, 2)
	add(t, s, next, plannedCheck("a", "d", "p"))
	assert.Equal(t, next.ID, checkStatus(t, s, "a", "d", "p").Run)
}

func anyCheck(rt *rapid.T) *storage.CheckData {
	return &storage.CheckData{
		Check: rapid.SampledFrom([]string{"c", "d"}).Draw(rt, "check"), Passed: rapid.Bool().Draw(rt, "passed"), Blocking: rapid.Bool().Draw(rt, "blocking"),
		Severity: rapid.SampledFrom([]string{"", "ERROR", "WARN"}).Draw(rt, "severity"),
	}
}

// checks compares how all checks stand, and a page of them.
func (p *pair) checks(rt *rapid.T) {
	f := storage.CheckFilter{}
	if rapid.Bool().Draw(rt, "page") {
		f = storage.CheckFilter{
			Assets: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "a/b"}), 0, 2).Draw(rt, "assets"),
			Check:  rapid.SampledFrom([]string{"", "c"}).Draw(rt, "check"), Partition: anyKey(rt), Limit: rapid.IntRange(0, 3).Draw(rt, "limit"),
			After: storage.CheckKey{Asset: anyText(rt, "asset"), Check: anyText(rt, "after"), Partition: anyKey(rt)},
		}
	}
	want, err := p.memory.CheckStatuses(p.t.Context(), f)
	require.NoError(rt, err)
	got, err := p.store.CheckStatuses(p.t.Context(), f)
	require.NoError(rt, err)
	require.Len(rt, got, len(want))
	for i, w := range want {
		w.Evaluation, w.Materialization, w.Latest = p.ids[w.Evaluation], p.ids[w.Materialization], p.ids[w.Latest]
		require.Equal(rt, w, got[i])
	}
}
