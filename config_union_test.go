package dagster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

type feedConfig struct {
	From  feed            `json:"from"`
	Named map[string]feed `json:"named"`
}

// feeding is a repository whose one asset is the config that it was given.
func feeding(defaults feedConfig, opts ...dagster.ConfigOption) (*dagster.Config[feedConfig], *dagster.Asset[feedConfig], *dagster.Repository) {
	cfg := dagster.NewConfig("feed", defaults, opts...)
	keep := dagster.NewResource("memory", dagster.From(func(context.Context) (dagster.IOManager, error) { return dagster.MemoryIO(), nil }), nil, dagster.Shared())
	a := dagster.NewAsset("a", dagster.From1(cfg, func(_ context.Context, c feedConfig) (feedConfig, error) { return c, nil }), dagster.StoredIn(keep))
	return cfg, a, dagster.NewRepository("r", a)
}

func feeds() []dagster.ConfigOption {
	return []dagster.ConfigOption{dagster.Case[feed]("folder", folder{Dir: "."}), dagster.Case[feed]("s3", &bucket{})}
}

func TestConfigOfOneOfSeveralTypes(t *testing.T) {
	t.Parallel()
	cfg, a, repo := feeding(feedConfig{From: folder{Dir: "data"}}, feeds()...)
	for _, tt := range []struct {
		name string
		opts []dagster.RunOption
		want feed
	}{
		{"default", nil, folder{Dir: "data"}},
		{"the same case", []dagster.RunOption{dagster.RunConfig([]byte(`{"config": {"feed": {"from": {"folder": {}}}}}`))}, folder{Dir: "data"}},
		{"another case", []dagster.RunOption{dagster.RunConfig([]byte(`{"config": {"feed": {"from": {"s3": {"name": "b"}}}}}`))}, &bucket{Name: "b"}},
		{"set", []dagster.RunOption{cfg.Set(feedConfig{From: &bucket{Name: "c"}})}, &bucket{Name: "c"}},
	} {
		r, err := repo.Materialize(t.Context(), "*", tt.opts...)
		require.NoError(t, err, tt.name)
		got, err := a.Value(r)
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.want, got.From, tt.name)
	}
	_, err := repo.Materialize(t.Context(), "*", dagster.RunConfig([]byte(`{"config": {"feed": {"from": {"folders": {}}, "named": {"a": {"s3": {"name": "b"}, "folder": {}}}}}}`)))
	require.EqualError(t, err, "config.feed.from.folders: unknown case, did you mean \"folder\"? Known are folder, s3\n"+
		"config.feed.named.a: want object with one of folder, s3, got s3 and folder")
}

func TestRunRecordsWhichCaseItWas(t *testing.T) {
	t.Parallel()
	var literal dagster.Secret
	require.NoError(t, json.Unmarshal([]byte(`"hunter2"`), &literal))
	cfg, _, repo := feeding(feedConfig{}, feeds()...)
	r, err := repo.Materialize(t.Context(), "*", cfg.Set(feedConfig{
		From: &bucket{Name: "b", Key: literal, Parts: []feed{&bucket{Key: dagster.Env("KEY")}, folder{Dir: "d"}}},
	}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"config": {"feed": {"named": null, "from": {"s3": {"name": "b", "key": "[secret]", "parts": [
		{"s3": {"name": "", "key": {"env": "KEY"}, "parts": null}}, {"folder": {"dir": "d"}}]}}}}}`, string(r.Run().Config))
	type holds struct{ from feed }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.NotContains(t, fmt.Sprintf(verb, feedConfig{From: &bucket{Key: literal}}), "hunter2")
		assert.NotContains(t, fmt.Sprintf(verb, *new(holds{from: &bucket{Key: literal}}.from.(*bucket))), "hunter2")
	}
}

// elsewhere is a feed that no config has as a case.
type elsewhere struct{}

func (elsewhere) open() string { return "" }

func TestCasesThatAreMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		defaults feedConfig
		opts     []dagster.ConfigOption
		want     string
	}{
		{"no cases", feedConfig{}, nil, `feedConfig.From: no cases are known of dagster_test.feed, it needs one for each type that it may hold`},
		{"a case twice", feedConfig{}, append(feeds(), dagster.Case[feed]("s3", elsewhere{})), `case "s3" of dagster_test.feed: given twice`},
		{"a type twice", feedConfig{}, append(feeds(), dagster.Case[feed]("gcs", &bucket{})), `*dagster_test.bucket is already the case "s3"`},
		{"nil", feedConfig{}, append(feeds(), dagster.Case[feed]("none", nil)), `case "none" of dagster_test.feed: nil`},
		{"no field of it", feedConfig{}, append(feeds(), dagster.Case[fmt.Stringer]("x", dagster.Size(1))), `case "x": no field is a fmt.Stringer`},
		{"no interface", feedConfig{}, append(feeds(), dagster.Case("x", 1)), `case "x": int is not an interface`},
		{"defaults that are no case", feedConfig{From: elsewhere{}}, feeds(), `defaults: from: a dagster_test.elsewhere is none of the cases folder, s3`},
		{"nil option", feedConfig{}, append(feeds(), nil), `nil option`},
		{"two descriptions", feedConfig{}, append(feeds(), dagster.Description("a"), dagster.Description("b")), `description: given twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, repo := feeding(tt.defaults, tt.opts...)
			err := repo.Validate()
			require.ErrorContains(t, err, `config "feed": `)
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "config_union_test.go:")
		})
	}
	cfg, _, repo := feeding(feedConfig{}, feeds()...)
	_, err := repo.Materialize(t.Context(), "*", cfg.Set(feedConfig{From: elsewhere{}}))
	require.ErrorContains(t, err, `config "feed": from: a dagster_test.elsewhere is none of the cases folder, s3`)

	inter := dagster.NewConfig[feed]("inter", folder{})
	a := dagster.NewAsset("a", dagster.From1(inter, func(_ context.Context, f feed) (string, error) { return f.open(), nil }))
	require.ErrorContains(t, dagster.NewRepository("r", a).Validate(), `its type is the interface dagster_test.feed: give it a struct that has one as a field`)
}

func TestUpdateConfig(t *testing.T) {
	t.Parallel()
	one := folder{Dir: "one"}
	cfg, a, repo := feeding(feedConfig{From: &bucket{Name: "b"}, Named: map[string]feed{"one": one}}, feeds()...)
	changed := cfg.Update(func(c *feedConfig) {
		c.Named["two"] = folder{Dir: "two"}
		if b, ok := c.From.(*bucket); ok {
			b.Name = "changed"
		}
	})
	value := func(opts ...dagster.RunOption) feedConfig {
		r, err := repo.Materialize(t.Context(), "*", opts...)
		require.NoError(t, err)
		v, err := a.Value(r)
		require.NoError(t, err)
		return v
	}
	assert.Equal(t, feedConfig{From: &bucket{Name: "changed"}, Named: map[string]feed{"one": one, "two": folder{Dir: "two"}}}, value(changed))
	assert.Equal(t, feedConfig{From: &bucket{Name: "b"}, Named: map[string]feed{"one": one}}, value(), "the defaults are as before")

	var none *dagster.Config[feedConfig]
	for _, v := range []dagster.ConfigValue{none.Update(func(*feedConfig) {}), cfg.Update(nil)} {
		_, err := repo.Materialize(t.Context(), "*", v)
		require.EqualError(t, err, "set config: nil")
	}
}
