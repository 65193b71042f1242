package dagster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

type loadConfig struct {
	Dir   string         `json:"dir"`
	Limit int            `json:"limit,omitempty"`
	Token dagster.Secret `json:"token"`
}

func (c loadConfig) Validate() error {
	if c.Limit < 0 {
		return fmt.Errorf("limit %d: negative", c.Limit)
	}
	return nil
}

func configured() (*dagster.Config[loadConfig], *dagster.Asset[loadConfig], *dagster.Repository) {
	load := dagster.NewConfig("load", loadConfig{Dir: "data", Limit: 10, Token: dagster.Env("ORDERS_TOKEN")})
	keep := dagster.NewResource("keep", dagster.From(func(context.Context) (dagster.IOManager, error) { return dagster.MemoryIO(), nil }), nil, dagster.Shared())
	a := dagster.NewAsset("a", dagster.From1(load, func(_ context.Context, c loadConfig) (loadConfig, error) { return c, nil }), dagster.StoredIn(keep))
	return load, a, dagster.NewRepository("r", a)
}

func TestConfigHasDefaultsAndIsSetForOneRun(t *testing.T) {
	t.Parallel()
	load, a, repo := configured()
	tests := []struct {
		name  string
		opts  []dagster.RunOption
		dir   string
		limit int
	}{
		{"defaults", nil, "data", 10},
		{"set", []dagster.RunOption{load.Set(loadConfig{Dir: "testdata"})}, "testdata", 0},
		{"run config", []dagster.RunOption{dagster.RunConfig([]byte(`{"config": {"load": {"dir": "elsewhere"}}}`))}, "elsewhere", 10},
		{"run config over set", []dagster.RunOption{
			dagster.RunConfig([]byte(`{"config": {"load": {"dir": "elsewhere"}}}`)), load.Set(loadConfig{Dir: "x", Limit: 3}),
		}, "elsewhere", 3},
		{"later run config over earlier", []dagster.RunOption{
			dagster.RunConfig([]byte(`{"config": {"load": {"dir": "one", "limit": 1}}}`)), dagster.RunConfig([]byte(`{"config": {"load": {"dir": "two"}}}`)),
		}, "two", 1},
	}
	for _, tt := range tests {
		r, err := repo.Materialize(t.Context(), "*", tt.opts...)
		require.NoError(t, err, tt.name)
		got, err := a.Value(r)
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.dir, got.Dir, tt.name)
		assert.Equal(t, tt.limit, got.Limit, tt.name)
	}
}

func TestBadRunConfigListsEveryMistakeAndRunsNothing(t *testing.T) {
	t.Parallel()
	_, _, repo := configured()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	_, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst),
		dagster.RunConfig([]byte(`{"op": {}, "config": {"lod": {}, "load": {"dir": 5, "limits": 3, "limit": "x", "token": 7}}}`)))
	require.Error(t, err)
	for _, want := range []string{
		"op: unknown field", "config.lod: unknown config", "config.load.dir", "config.load.limits", "config.load.limit", "config.load.token",
	} {
		require.ErrorContains(t, err, want)
	}
	runs, err := inst.Storage().Runs(t.Context(), storage.RunFilter{})
	require.NoError(t, err)
	assert.Empty(t, runs)
}

func TestConfigOfARunIsCheckedByItsOwnMethod(t *testing.T) {
	t.Parallel()
	load, _, repo := configured()
	_, err := repo.Materialize(t.Context(), "*", load.Set(loadConfig{Limit: -1}))
	require.ErrorContains(t, err, `config "load": limit -1: negative`)
	_, err = repo.Materialize(t.Context(), "*", dagster.RunConfig([]byte(`{"config": {"load": {"limit": -2}}}`)))
	require.ErrorContains(t, err, `config "load": limit -2: negative`)
}

func TestRunConfigThatIsNoObject(t *testing.T) {
	t.Parallel()
	_, _, repo := configured()
	for text, want := range map[string]string{
		``:                                     "run config: want a JSON object",
		`[]`:                                   "run config: want a JSON object",
		`{} {}`:                                "run config: more than one JSON value",
		`{"config": {}, "config": {}}`:         `run config: "config" is given more than once`,
		`{"config": {"load": {}, "load": {}}}`: `config: "load" is given more than once`,
		`{"ops": {"a": {"config": {}, "config": {}}}}`: `ops.a: "config" is given more than once`,
		`{"config": 5}`:           "config: want a JSON object",
		`{"config": {"load":[]}}`: "config.load",
	} {
		_, err := repo.Materialize(t.Context(), "*", dagster.RunConfig([]byte(text)))
		require.ErrorContains(t, err, want, "run config %s", text)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	t.Setenv("ORDERS_TOKEN", "hunter2")
	load, a, repo := configured()
	var fromJSON dagster.Secret
	require.NoError(t, json.Unmarshal([]byte(`"hunter2"`), &fromJSON))
	for _, secret := range []dagster.Secret{dagster.Env("ORDERS_TOKEN"), fromJSON} {
		got, err := secret.Reveal()
		require.NoError(t, err)
		require.Equal(t, "hunter2", got)

		var text strings.Builder
		hides := struct{ inner dagster.Secret }{secret}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&text, verb+verb+verb, secret, &secret, hides)
		}
		data, err := json.Marshal(loadConfig{Token: secret})
		require.NoError(t, err)
		text.Write(data)
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "secret", secret, "config", loadConfig{Token: secret})

		r, err := repo.Materialize(t.Context(), "*", load.Set(loadConfig{Token: secret}))
		require.NoError(t, err)
		text.Write(r.Run().Config)
		logs := dagster.NewAsset("logs", dagster.From(func(ctx context.Context) (int, error) {
			dagster.Log(ctx).Info("secret", zap.Any("config", loadConfig{Token: secret}), zap.Any("token", secret), zap.Stringer("s", secret))
			return 0, fmt.Errorf("token %v of %+v", secret, loadConfig{Token: secret})
		}))
		r2, err := dagster.NewRepository("r2", logs).Materialize(t.Context(), "*")
		require.Error(t, err)
		text.WriteString(err.Error())
		for e := range r2.Events() {
			data, err := json.Marshal(e.Data)
			require.NoError(t, err)
			text.Write(data)
			text.WriteString(e.Message)
		}
		assert.NotContains(t, text.String(), "hunter2")
		v, err := a.Value(r)
		require.NoError(t, err)
		revealed, err := v.Token.Reveal()
		require.NoError(t, err)
		assert.Equal(t, "hunter2", revealed, "the body has it all the same")
	}
}

func TestSecretThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := dagster.Env("NO_SUCH_VARIABLE_HERE").Reveal()
	require.ErrorContains(t, err, `environment variable "NO_SUCH_VARIABLE_HERE" is not set`)
	_, err = dagster.Secret{}.Reveal()
	require.ErrorContains(t, err, "none was given")
	var s dagster.Secret
	err = json.Unmarshal([]byte(`{"envy": "hunter2"}`), &s)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestRunRecordsItsConfig(t *testing.T) {
	t.Parallel()
	load, _, repo := configured()
	r, err := repo.Materialize(t.Context(), "*", load.Set(loadConfig{Dir: "d", Token: dagster.Env("T")}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"config": {"load": {"dir": "d", "limit": 0, "token": {"env": "T"}}}}`, string(r.Run().Config))
}
