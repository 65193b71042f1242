package conformance_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/conformance"
)

// nameCase is one case of tags_validation: whether a name, a key or a tag is accepted.
type nameCase struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
	OK    bool            `json:"ok"`
}

// text is the value of a case about one name.
func (c nameCase) text() string {
	var s string
	if json.Unmarshal(c.Value, &s) != nil {
		return ""
	}
	return s
}

// list is the value of a case about several: the parts of a key, a tag and its value.
func (c nameCase) list() []string {
	var list []string
	if json.Unmarshal(c.Value, &list) != nil {
		return nil
	}
	return list
}

// questions ask whether the value of a case is accepted, by its kind.
func questions() map[string]func(ctx context.Context, c nameCase) error {
	option := func(of func(c nameCase) dagster.AssetOption) func(context.Context, nameCase) error {
		return func(_ context.Context, c nameCase) error {
			return validate(dagster.NewAsset("a", dagster.From(zero), of(c)))
		}
	}
	return map[string]func(ctx context.Context, c nameCase) error{
		"asset_tag": option(func(c nameCase) dagster.AssetOption {
			return dagster.Tags(map[string]string{c.list()[0]: c.list()[1]})
		}),
		"group": option(func(c nameCase) dagster.AssetOption { return dagster.Group(c.text()) }),
		"owner": option(func(c nameCase) dagster.AssetOption { return dagster.Owners(c.text()) }),
		"kind":  option(func(c nameCase) dagster.AssetOption { return dagster.Kinds(c.text()) }),
		"kinds": option(func(c nameCase) dagster.AssetOption { return dagster.Kinds(c.list()...) }),
		"asset_key": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewAsset(strings.Join(c.list(), "/"), dagster.From(zero)))
		},
		"asset_name": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewAsset(c.text(), dagster.From(zero)))
		},
		"asset_spec_key": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewSource[int](strings.Join(c.list(), "/")))
		},
		"resource_key": func(_ context.Context, c nameCase) error {
			r := dagster.NewResource(c.text(), dagster.From(zero), nil)
			return validate(dagster.NewAsset("a", dagster.From1(r, identity)))
		},
		"op_name": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewJob("job", dagster.NewGraph("graph", dagster.NewOp(c.text(), zero).In)))
		},
		"job_name": func(_ context.Context, c nameCase) error { return validate(dagster.NewJob(c.text(), oneOp())) },
		"job_tag": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewJob("job", oneOp(), dagster.Tags(map[string]string{c.list()[0]: c.list()[1]})))
		},
		"mapping_key": mapped,
		"cron": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewSchedule("s", c.text(), dagster.NewJob("job", oneOp())))
		},
		"partition_key": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewAsset("a", dagster.From(zero), dagster.Partitioned(dagster.StaticPartitions(c.text()))))
		},
		"partition_keys": func(_ context.Context, c nameCase) error {
			return validate(dagster.NewAsset("a", dagster.From(zero), dagster.Partitioned(dagster.StaticPartitions(c.list()...))))
		},
		"dynamic_partition": func(ctx context.Context, c nameCase) error {
			return dagster.NewInstance(dagster.InstanceConfig{}).Change(ctx, dagster.DynamicPartitions("d").Add(c.text()))
		},
		"check_name": func(_ context.Context, c nameCase) error {
			a := dagster.NewAsset("a", dagster.From(zero))
			return validate(a, dagster.NewCheck(c.text(), a, dagster.From(func(context.Context) (dagster.CheckResult, error) {
				return dagster.CheckResult{}, nil
			})))
		},
		"run_tag": func(ctx context.Context, c nameCase) error {
			a := dagster.NewAsset("a", dagster.From(zero))
			tags := dagster.RunTags(map[string]string{c.list()[0]: c.list()[1]})
			_, err := dagster.NewRepository("tagged", a).Materialize(ctx, "*", tags)
			return err
		},
	}
}

// mapped runs a step for the one key that the case has.
func mapped(ctx context.Context, c nameCase) error {
	keys := dagster.NewOp1("keys", func(_ context.Context, key string) (dagster.Dynamic[int], error) {
		return dagster.Dynamic[int]{key: 1}, nil
	})
	job := dagster.NewJob("job", dagster.NewGraph("graph", func(s *dagster.Scope) dagster.Output[[]int] {
		return dagster.Map(s, keys.In(s, dagster.Const(c.text())), dagster.NewOp1("each", identity).In)
	}))
	_, err := dagster.NewRepository("mapped", job).Execute(ctx, job)
	return err
}

func TestConformanceTagsValidation(t *testing.T) {
	t.Parallel()

	ask := questions()
	conformance.Each(
		t, "tags_validation", func(t *testing.T, c nameCase) {
			t.Helper()

			err := ask[c.Kind](t.Context(), c)
			assert.Equal(t, c.OK, err == nil, "%s %s: %v", c.Kind, c.Value, err)
		},
		keysThatDiffer()...,
	)
}

// keysThatDiffer are the rows of docs/adr/0004.
func keysThatDiffer() []conformance.Rule[nameCase] {
	refuse := func(c *nameCase) { c.OK = false }
	return []conformance.Rule[nameCase]{
		{
			Why:     "an asset without a key, or with an empty part in it, is refused (docs/adr/0004)",
			Match:   func(c nameCase) bool { return c.isKey() && slices.Contains(c.parts(), "") },
			Instead: refuse,
		},
		{
			Why: "an empty partition key is refused (docs/adr/0004)",
			Match: func(c nameCase) bool {
				return (c.Kind == "partition_key" || c.Kind == "dynamic_partition") && c.text() == "" || c.Kind == "partition_keys" && slices.Contains(c.list(), "")
			},
			Instead: refuse,
		},
		{
			Why:     "a resource or a check without a name is refused (docs/adr/0004)",
			Match:   func(c nameCase) bool { return (c.Kind == "resource_key" || c.Kind == "check_name") && c.text() == "" },
			Instead: refuse,
		},
		{
			Why:     "an op or a job without a name is refused (docs/adr/0004)",
			Match:   func(c nameCase) bool { return (c.Kind == "op_name" || c.Kind == "job_name") && c.text() == "" },
			Instead: refuse,
		},
		{
			Why: "words of Python are names like any other (docs/adr/0004)",
			Match: func(c nameCase) bool {
				named := c.isKey() || c.Kind == "op_name" || c.Kind == "job_name"
				return named && len(c.parts()) == 1 && pythonWord(c.parts()[0])
			},
			Instead: func(c *nameCase) { c.OK = true },
		},
		{
			Why:     "a mapping key may hold dashes and dots (docs/adr/0004)",
			Match:   func(c nameCase) bool { return c.Kind == "mapping_key" && dashed.MatchString(c.text()) },
			Instead: func(c *nameCase) { c.OK = true },
		},
		{
			Why:     "a mapping key is data, and no name of anything: it may be any word (docs/adr/0004)",
			Match:   func(c nameCase) bool { return c.Kind == "mapping_key" && !c.OK && letters.MatchString(c.text()) },
			Instead: func(c *nameCase) { c.OK = true },
		},
		{
			Why:   "inputs and outputs have no names of their own: they are parameters and fields",
			Match: func(c nameCase) bool { return c.Kind == "input_name" || c.Kind == "output_name" },
		},
		{
			Why:   "a key is written with slashes, so no part can hold one",
			Match: func(c nameCase) bool { return c.isKey() && strings.Contains(strings.Join(c.parts(), ""), "/") },
		},
	}
}

// dashed are keys of letters, digits and underscores but for a dash or a dot.
var dashed = regexp.MustCompile(`^[A-Za-z0-9_]*[-.][A-Za-z0-9_.-]*$`)

// letters are keys that Dagster refuses only for what they mean.
var letters = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// pythonWord reports whether Python, but not Go's Dagster, means something by a name.
func pythonWord(name string) bool {
	const words = " False None True and as assert async await break class continue def del elif else except finally for from global " +
		"if import in is lambda nonlocal not or pass raise return try while with yield print self "
	return name != "" && strings.Contains(words, " "+name+" ")
}

// isKey reports whether the case is about the key of an asset.
func (c nameCase) isKey() bool { return strings.HasPrefix(c.Kind, "asset_") && c.Kind != "asset_tag" }

// parts are the parts of a key; one that is empty has one, which is empty.
func (c nameCase) parts() []string {
	if list := c.list(); len(list) > 0 {
		return list
	}
	return []string{c.text()}
}

// Every kind of the file is asked.
func TestKindsOfTagsValidation(t *testing.T) {
	t.Parallel()

	f, err := conformance.Read("tags_validation")
	require.NoError(t, err)
	asked := questions()
	_, cases, _, err := conformance.Plan(f, keysThatDiffer()...)
	require.NoError(t, err)
	for _, c := range cases {
		assert.Contains(t, asked, c.Kind)
	}
}

func oneOp() *dagster.Graph[int] { return dagster.NewGraph("graph", dagster.NewOp("op", zero).In) }

func identity(_ context.Context, v int) (int, error) { return v, nil }
