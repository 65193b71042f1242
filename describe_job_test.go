package dagster_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

type choice struct{ Yes, No dagster.Maybe[int] }

type describedLimits struct {
	Most int `json:"most"`
}

// described is a repository with a job of each kind.
func described() *dagster.Repository {
	same := func(_ context.Context, n int) (int, error) { return n, nil }
	limit := dagster.NewConfig("limit", describedLimits{Most: 3})
	pager := dagster.NewConfig("pager", describedLimits{})
	db := dagster.NewResource("db", dagster.From1(pager, func(context.Context, describedLimits) (string, error) { return "db", nil }), nil)
	list := dagster.NewOp2("list", func(context.Context, describedLimits, string) (dagster.Dynamic[int], error) { return nil, nil }, dagster.Description("All.\n\nOf them."))
	parts := dagster.NewOp1("parts", func(context.Context, int) (dagster.Dynamic[int], error) { return nil, nil })
	one := dagster.NewOp1("one", same, dagster.Retry(dagster.RetryPolicy{Max: 2, Delay: time.Second, Backoff: dagster.Linear, Jitter: dagster.PlusMinus}))
	sum := dagster.NewOp1("sum", func(context.Context, []int) (int, error) { return 0, nil })
	route := dagster.NewOp1("route", func(context.Context, int) (choice, error) { return choice{}, nil })
	tell := dagster.NewOp1("tell", same, dagster.Pool("slack"), dagster.Timeout(time.Minute), dagster.Tags(map[string]string{"a": "b"}))
	g := dagster.NewGraph("all", func(s *dagster.Scope) dagster.Output[int] {
		sums := dagster.Map(s, list.In(s, limit, db), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] {
			inner := dagster.Map(s, parts.In(s, n), func(s *dagster.Scope, n dagster.Input[int]) dagster.Output[int] { return one.In(s, n) })
			return sum.In(s, inner)
		})
		total := sum.As("total").In(s, sums)
		end := dagster.Nest(s, "ways", func(s *dagster.Scope) dagster.Output[int] {
			r := route.In(s, total)
			yes := one.As("yes", dagster.OnSuccess(dagster.From(func(context.Context) (dagster.Nothing, error) { return dagster.Nothing{}, nil }))).In(s, dagster.When(dagster.Field(r, func(c *choice) *dagster.Maybe[int] { return &c.Yes })))
			no := one.As("no").In(s, dagster.When(dagster.Field(r, func(c *choice) *dagster.Maybe[int] { return &c.No })))
			return sum.In(s, dagster.FanIn(yes, no))
		})
		last := tell.As("last", dagster.After(total)).In(s, end)
		tell.As("cleanup", dagster.Finally(last)).In(s, dagster.Const(1))
		return last
	})
	raw := dagster.NewAsset("raw", dagster.From(func(context.Context) (int, error) { return 1, nil }), dagster.Group("sales"))
	made := dagster.NewAsset("made", dagster.From1(raw, same), dagster.Group("sales"), dagster.Description("Made."))
	return dagster.NewRepository("shop", raw, made,
		dagster.NewJob("nightly", g, dagster.Description("Each night."), dagster.Tags(map[string]string{"team": "x"}), dagster.MaxConcurrent(4),
			dagster.LimitTag("a", "b", 1), dagster.MaxRuntime(time.Hour), dagster.OnFailure(dagster.From1(db, dagster.Do1(func(context.Context, string) error { return nil })))),
		dagster.NewAssetJob("refresh", "raw or made"))
}

func TestJobs(t *testing.T) {
	t.Parallel()

	jobs, err := described().Jobs()
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	nightly, refresh := jobs[0], jobs[1]

	steps := nightly.Steps
	nightly.Steps, nightly.Line, nightly.Code = nil, 0, nil
	require.Len(t, nightly.Hooks, 1)
	nightly.Hooks[0].Line = 0
	assert.Equal(t, dagster.JobInfo{
		Name: "nightly", Description: "Each night.", Tags: map[string]string{"team": "x"}, Graph: "all", MaxConcurrent: 4,
		Limits: []dagster.TagLimitInfo{{Key: "a", Value: "b", Limit: 1}}, MaxRuntime: time.Hour,
		Hooks:   []dagster.HookInfo{{When: "on_failure", File: "main/describe_job_test.go"}},
		Configs: []string{"pager", "limit"}, Resources: []string{"db"}, File: "main/describe_job_test.go",
	}, withFolder(nightly))

	byKey := make(map[string]dagster.StepPlan)
	var keys []string
	for _, s := range steps {
		byKey[s.Key] = s
		keys = append(keys, s.Key)
	}
	assert.Equal(t, []string{"list", "parts", "one", "sum", "total", "ways.route", "ways.yes", "ways.no", "ways.sum", "last", "cleanup"}, keys)
	assert.Equal(t, dagster.StepPlan{
		Key: "list", Op: "list", Type: "dagster.Dynamic[int]", Description: "All.\n\nOf them.", Configs: []string{"limit"}, Resources: []string{"db"},
	}, byKey["list"])

	for key, want := range map[string][]dagster.StepWait{
		"parts":      {{Step: "list", Kind: dagster.WaitValue, Each: true}},
		"one":        {{Step: "parts", Kind: dagster.WaitValue, Each: true}},
		"sum":        {{Step: "one", Kind: dagster.WaitValue, All: true}},
		"total":      {{Step: "sum", Kind: dagster.WaitValue, All: true}},
		"ways.route": {{Step: "total", Kind: dagster.WaitValue}},
		"ways.yes":   {{Step: "ways.route", Kind: dagster.WaitValue, Optional: true}},
		"ways.sum":   {{Step: "ways.yes", Kind: dagster.WaitValue}, {Step: "ways.no", Kind: dagster.WaitValue}},
		"last":       {{Step: "total", Kind: dagster.WaitOrder}, {Step: "ways.sum", Kind: dagster.WaitValue}},
		"cleanup":    {{Step: "last", Kind: dagster.WaitEnd}},
	} {
		assert.Equal(t, want, byKey[key].Waits, key)
	}
	for key, want := range map[string]string{"list": "", "parts": "list", "one": "parts", "sum": "list", "total": ""} {
		assert.Equal(t, want, byKey[key].MapOver, key)
	}
	assert.Equal(t, "mapped_1", byKey["one"].MapOutput)
	assert.Equal(t, &dagster.RetryInfo{Max: 2, Delay: time.Second, Backoff: "linear", Jitter: "plus_minus"}, byKey["ways.yes"].Retry)
	assert.Equal(t, "one", byKey["ways.yes"].Op)
	require.Len(t, byKey["ways.yes"].Hooks, 1)
	assert.Equal(t, "on_success", byKey["ways.yes"].Hooks[0].When)
	assert.Empty(t, byKey["ways.no"].Hooks)
	assert.Equal(t, "slack", byKey["last"].Pool)
	assert.Equal(t, time.Minute, byKey["last"].Timeout)
	assert.Equal(t, map[string]string{"a": "b"}, byKey["last"].Tags)

	assert.Equal(t, "raw or made", refresh.Selection)
	assert.Equal(t, []string{"raw", "made"}, refresh.Assets)
	require.Len(t, refresh.Steps, 2)
	assert.Equal(t, dagster.StepPlan{
		Key: "made", Assets: []string{"made"}, Type: "int", Description: "Made.", Waits: []dagster.StepWait{{Step: "raw", Kind: dagster.WaitValue}},
	}, refresh.Steps[1])
}

// withFolder puts the folder that the sources happen to be in by one name.
func withFolder(info dagster.JobInfo) dagster.JobInfo {
	const file = "main/describe_job_test.go"
	if info.File != "" {
		info.File = file
	}
	for i := range info.Hooks {
		info.Hooks[i].File = file
	}
	return info
}

// The names of the JSON form are part of what programs read.
func TestJobsAsJSON(t *testing.T) {
	t.Parallel()

	jobs, err := described().Jobs()
	require.NoError(t, err)
	text, err := json.Marshal(jobs)
	require.NoError(t, err)
	for _, part := range []string{
		`"max_runtime_ns":3600000000000`, `"limits":[{"key":"a","value":"b","limit":1}]`, `"map_over":"parts","map_output":"mapped_1"`,
		`"waits":[{"step":"ways.route","kind":"value","optional":true}]`, `"retry":{"max":2,"delay_ns":1000000000,"backoff":"linear","jitter":"plus_minus"}`,
		`{"step":"last","kind":"end"}`, `"timeout_ns":60000000000,"pool":"slack"`, `"selection":"raw or made","assets":["raw","made"]`,
	} {
		assert.Contains(t, string(text), part)
	}
}

func TestJobsOfAWrongRepository(t *testing.T) {
	t.Parallel()

	_, err := dagster.NewRepository("wrong", dagster.NewAssetJob("refresh", "none")).Jobs()
	var wrong *dagster.DefinitionError
	require.ErrorAs(t, err, &wrong)
}

func TestOwnersOfAJob(t *testing.T) {
	t.Parallel()

	one := dagster.NewAsset("one", dagster.From(func(context.Context) (int, error) { return 1, nil }))
	job := dagster.NewAssetJob("nightly", "*", dagster.Owners("team:finance", "ada@example.com"), dagster.Owners("team:finance"))
	jobs, err := dagster.NewRepository("r", one, job).Jobs()
	require.NoError(t, err)
	assert.Equal(t, []string{"team:finance", "ada@example.com"}, jobs[0].Owners)

	wrong := dagster.NewAssetJob("wrong", "*", dagster.Owners("nobody"))
	require.ErrorContains(t, dagster.NewRepository("r", one, wrong).Validate(), `job "wrong": owner "nobody"`)
}
