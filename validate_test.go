package dagster_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

// line is the line that calls it.
func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

func mistakes(t *testing.T, err error) []*dagster.DefinitionError {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "not a list: %v", err)
	var out []*dagster.DefinitionError
	for _, one := range joined.Unwrap() {
		e, ok := errors.AsType[*dagster.DefinitionError](one)
		require.True(t, ok, "not a definition error: %v", one)
		out = append(out, e)
	}
	return out
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	ok := dagster.NewAsset("ok", dagster.From(number(1)))
	files := dagster.NewResource("files", dagster.From(func(context.Context) (dagster.IOManager, error) { return dagster.MemoryIO(), nil }), nil)
	writeInt := func(io.Writer, int) error { return nil }
	readInt := func(io.Reader) (int, error) { return 0, nil }
	tests := []struct {
		name string
		def  dagster.Definition
		want string
	}{
		{"empty key", dagster.NewAsset("", dagster.From(number(1))), `asset "": key: empty`},
		{"empty part", dagster.NewAsset("a//b", dagster.From(number(1))), "key: empty part"},
		{"odd sign", dagster.NewAsset("a b", dagster.From(number(1))), `key: part "a b": only letters, digits`},
		{"dots are fine, newlines are not", dagster.NewAsset("..\n", dagster.From(number(1))), "only letters"},
		{"long key", dagster.NewAsset(strings.Repeat("k", 2000), dagster.From(number(1))), "key: 2000 bytes, at most 1024"},
		{"empty source", dagster.NewSource[int](""), `source "": key: empty`},
		{"nil function", dagster.NewAsset[int]("nil1", dagster.From[int](nil)), "nil function"},
		{"nil function with inputs", dagster.NewAsset[int]("nil2", dagster.From1[int, int](ok, nil)), "nil function"},
		{"nil adapter", dagster.NewAsset("nil3", dagster.From(dagster.Do(nil))), "nil function"},
		{"nil body", dagster.NewAsset[int]("nil4", nil), "nil body"},
		{"nil input", dagster.NewAsset("nil5", dagster.From1(dagster.Input[int](nil), func(context.Context, int) (int, error) { return 0, nil })), "input 1: nil"},
		{"nil handle", dagster.NewAsset("nil6", dagster.From2(ok, (*dagster.Asset[int])(nil), plus)), "input 2: nil"},
		{"nil option", dagster.NewAsset("nil7", dagster.From(number(1)), nil), "nil option"},
		{"nil selector", dagster.NewAsset("nil8", dagster.From1(dagster.Field[int, int](ok, nil), func(context.Context, int) (int, error) { return 0, nil })), "input 1: nil"},
		{"nil manager", dagster.NewAsset("nil9", dagster.From(number(1)), dagster.StoredIn(nil)), "stored in: nil"},
		{"group", dagster.NewAsset("group", dagster.From(number(1)), dagster.Group("a-b")), `group "a-b"`},
		{"group twice", dagster.NewAsset("group2", dagster.From(number(1)), dagster.Group("a"), dagster.AssetOptions{dagster.Group("b")}), "group: given twice"},
		{"owner", dagster.NewAsset("owner", dagster.From(number(1)), dagster.Owners("joe")), `owner "joe": give an email address`},
		{"kind", dagster.NewAsset("kind", dagster.From(number(1)), dagster.Kinds("a/b")), `kind "a/b"`},
		{"tag", dagster.NewAsset("tag", dagster.From(number(1)), dagster.Tags(map[string]string{"a b": "c"})), `tag key "a b"`},
		{"tag twice", dagster.NewAsset("tag2", dagster.From(number(1)), dagster.Tags(map[string]string{"a": "1"}), dagster.Tags(map[string]string{"a": "2"})), `tag "a": two values, "1" and "2"`},
		{"timeout", dagster.NewAsset("timeout", dagster.From(number(1)), dagster.Timeout(-time.Second)), "timeout -1s: not positive"},
		{"retry", dagster.NewAsset("retry", dagster.From(number(1)), dagster.Retry(dagster.RetryPolicy{Max: -1})), "retry: max -1: negative"},
		{"jitter", dagster.NewAsset("jitter", dagster.From(number(1)), dagster.Retry(dagster.RetryPolicy{Max: 1, Jitter: dagster.FullJitter})), "backoff and jitter need a delay"},
		{"retry twice", dagster.NewAsset("retry2", dagster.From(number(1)), dagster.Retry(dagster.RetryPolicy{}), dagster.Retry(dagster.RetryPolicy{})), "retry: given twice"},
		{"code version", dagster.NewAsset("version", dagster.From(number(1)), dagster.CodeVersion("")), "code version: empty"},
		{"codec", dagster.NewAsset("codec", dagster.From(readOrders), dagster.StoredAs(".x", writeInt, readInt)), "stored as: the codec is for int, the asset is a []dagster_test.order"},
		{"nil codec", dagster.NewAsset("codec2", dagster.From(number(1)), dagster.StoredAs(".x", writeInt, nil)), "stored as: nil function"},
		{"after a constant", dagster.NewAsset("after", dagster.From(number(1)), dagster.After(dagster.Const(1))), "after: only an asset, or what an op makes, can be waited for"},
		{"resource", dagster.NewAsset("uses1", dagster.From2(dagster.NewResource("", dagster.From(number(1)), nil), ok, plus)), `resource "": name: empty`},
		{"resource of an asset", dagster.NewAsset("uses2", dagster.From2(dagster.NewResource("bad", dagster.From1(ok, addOne), nil), ok, plus)), `resource "bad": input 1: asset "ok": a resource takes`},
		{"config", dagster.NewAsset("uses3", dagster.From1(dagster.NewConfig("chan", make(chan int)), func(context.Context, chan int) (int, error) { return 0, nil })), `config "chan"`},
		{"bad defaults", dagster.NewAsset("uses4", dagster.From1(dagster.NewConfig("neg", limits{Rows: -1}), func(context.Context, limits) (int, error) { return 0, nil })), `config "neg": defaults: rows -1: negative`},
		{"the same asset twice", dagster.NewAsset("twice", dagster.From2(ok, ok, plus)), `input 2: asset "ok": it is input 1 already`},
		{"missing upstream", dagster.NewAsset("lonely", dagster.From2(dagster.NewAsset("elsewhere", dagster.From(number(1))), ok, plus)), `it needs asset "elsewhere", declared at`},
		{"step name", dagster.Defs{dagster.NewAsset("x/y", dagster.From(number(1))), dagster.NewAsset("x__y", dagster.From(number(1)))}, `its step would be named "x__y" like that of "x/y"`},
		{"unknown resource", dagster.NewResource("nobodys", dagster.From(number(1)), nil).Replace(1), `replacement of "nobodys": unknown resource`},
		{"unknown config", dagster.NewConfig("nobodys", limits{}).Set(limits{}), `config value of "nobodys": unknown config`},
		{"manager of another type", dagster.Defs{
			dagster.NewAsset("kept", dagster.From(number(1)), dagster.StoredIn(files)),
			files.Replace(dagster.IOFuncs[string](nil, nil)),
		}, "stored in: the IO manager keeps string, the asset is a int"},
		{"nil definition", dagster.Defs{nil}, "definitions: nil"},
		{"nil external", dagster.External(nil), "nil"},
		{"codec for all", dagster.Defaults(dagster.StoredAs(".x", writeInt, readInt)), "a codec is for one type"},
	}
	defs := dagster.Defs{ok}
	for _, tt := range tests {
		defs = append(defs, tt.def)
	}
	all := dagster.NewRepository("all", defs).Validate()
	require.Error(t, all)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := dagster.NewRepository("one", ok, tt.def).Validate()
			require.ErrorContains(t, one, tt.want)
			require.ErrorContains(t, all, tt.want)
			assert.Len(t, mistakes(t, one), 1, "one mistake is reported once: %v", one)
		})
	}
}

func addOne(_ context.Context, n int) (int, error) { return n + 1, nil }

type limits struct {
	Rows int `json:"rows"`
}

func (l limits) Validate() error {
	if l.Rows < 0 {
		return errors.New("rows -1: negative")
	}
	return nil
}

func TestMistakeNamesTheLineThatMadeIt(t *testing.T) {
	t.Parallel()
	want := line() + 1
	bad := dagster.NewAsset("bad key", dagster.From(number(1)))
	got := mistakes(t, dagster.NewRepository("r", bad).Validate())
	require.Len(t, got, 1)
	assert.Equal(t, "validate_test.go", filepath.Base(got[0].File))
	assert.Equal(t, want, got[0].Line)
	assert.Equal(t, `asset "bad key"`, got[0].Name)
}

func factory(key string) *dagster.Asset[int] {
	return dagster.NewAsset(key, dagster.From(number(1)))
}

func TestMistakeOfAFactoryNamesItsCaller(t *testing.T) {
	t.Parallel()
	want := line() + 1
	bad := factory("bad key")
	got := mistakes(t, dagster.NewRepository("r", bad).Validate())
	require.Len(t, got, 1)
	require.NotEmpty(t, got[0].Callers)
	assert.Equal(t, want, got[0].Callers[0].Line)
	assert.Contains(t, got[0].Error(), ", called from ")
}

func TestTwoHandlesWithOneKeyNameBothLines(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	b := dagster.NewAsset("a", dagster.From(number(2)))
	err := dagster.NewRepository("r", a, b, a).Validate()
	got := mistakes(t, err)
	require.Len(t, got, 1)
	assert.Regexp(t, `^asset "a": key: taken by the asset declared at \S+validate_test\.go:\d+ \(\S+validate_test\.go:\d+\)$`, got[0].Error())
}

func TestACycleThroughSourcesIsFound(t *testing.T) {
	t.Parallel()
	later := dagster.NewSource[int]("b")
	a := dagster.NewAsset("a", dagster.From1(later, addOne))
	b := dagster.NewAsset("b", dagster.From1(a, addOne))
	err := dagster.NewRepository("r", a, b).Validate()
	require.ErrorContains(t, err, `assets form a cycle: "a" needs "b" needs "a"`)
	require.ErrorContains(t, err, `the repository has another of that key`)
}

func TestSameHandleTwiceIsOneDefinition(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	require.NoError(t, dagster.NewRepository("r", a, dagster.Defs{a, dagster.Defs{a}}).Validate())
}

func TestExternalIsLoadedAndNeverRun(t *testing.T) {
	t.Parallel()
	theirs := dagster.NewAsset("theirs", dagster.From(fails[int](errors.New("must not run"))))
	ours := dagster.NewAsset("ours", dagster.From1(theirs, addOne))
	repo := dagster.NewRepository("r", ours, dagster.External(theirs))
	require.NoError(t, repo.Validate())
	r, err := repo.Materialize(t.Context(), "+key:ours", theirs.Given(1))
	require.NoError(t, err)
	got, err := ours.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 2, got)
}

func TestDefaultsHoldForWhatSaysNothing(t *testing.T) {
	t.Parallel()
	first := dagster.NewAsset("first", dagster.From(number(1)))
	own := dagster.NewAsset("own", dagster.From(number(1)), dagster.Group("own"), dagster.Tags(map[string]string{"tier": "1"}))
	plain := dagster.NewAsset("plain", dagster.From(number(1)))
	repo := dagster.NewRepository("r", own, plain, dagster.Defaults(dagster.Group("shop"), dagster.Owners("team:data"),
		dagster.Tags(map[string]string{"tier": "2", "site": "eu"})), first)
	assets, err := repo.Assets()
	require.NoError(t, err)
	assert.Equal(t, "own", assets[0].Group)
	assert.Equal(t, map[string]string{"tier": "1", "site": "eu"}, assets[0].Tags)
	assert.Equal(t, "shop", assets[1].Group)
	assert.Equal(t, []string{"team:data"}, assets[1].Owners)
}
