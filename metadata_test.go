package dagster_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// tenMB is metadata that nobody wants to read with each event.
func tenMB() metadata.Entry { return metadata.Text("dump", strings.Repeat("x", 10_000_000)) }

const tooLarge = `metadata "dump": 10000039 bytes, at most 1048576 may be`

func TestMetadataOfADefinitionIsChecked(t *testing.T) {
	t.Parallel()

	big := dagster.Metadata(metadata.Rows(1), tenMB())
	untyped := dagster.Metadata(metadata.Of("c", make(chan int)))
	half := make([]metadata.Entry, 5)
	for i := range half {
		half[i] = metadata.Text(string(rune('a'+i)), strings.Repeat("x", 900_000))
	}
	a := dagster.NewAsset("a", dagster.From(number(1)), big)
	b := dagster.NewAsset("b", dagster.From(number(1)), untyped, dagster.Metadata(half[:3]...), dagster.Metadata(half[3:]...), dagster.Metadata(metadata.Rows(1)))
	op := dagster.NewOp("o", number(1), big)
	job := dagster.NewJob("j", dagster.NewGraph("g", op.In), big)
	err := dagster.NewRepository("r", a, b, job).Validate()
	for _, want := range []string{
		`asset "a": ` + tooLarge, `op "o": ` + tooLarge, `job "j": ` + tooLarge, `asset "b": metadata "c": chan int: it has no type`,
		`asset "b": metadata: 4500180 bytes together, at most 4194304 may be`, "metadata_test.go:",
	} {
		require.ErrorContains(t, err, want)
	}
	assert.Equal(t, 1, strings.Count(err.Error(), "bytes together"), "it is said once")
}

// The step says what is wrong and fails, is not tried again, and stores no value; what else the run does is not lost.
func TestMetadataThatIsTooLargeFailsItsStep(t *testing.T) {
	t.Parallel()

	tried := 0
	big := dagster.NewAsset("raw/big", dagster.From(func(ctx context.Context) (int, error) {
		tried++
		dagster.AddMetadata(ctx, metadata.Rows(1), tenMB())
		return 1, nil
	}), dagster.Retry(dagster.RetryPolicy{Max: 3}))
	untyped := dagster.NewAsset("untyped", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, metadata.Of("f", func() {}))
		return 1, nil
	}))
	reports := dagster.NewAsset("reports", dagster.From(func(ctx context.Context) (int, error) {
		dagster.ReportMaterialization(ctx, "other", tenMB())
		dagster.ReportObservation(ctx, "seen", metadata.Rows(1))
		return 1, nil
	}))
	replaced := dagster.NewAsset("replaced", dagster.From(func(ctx context.Context) (int, error) {
		dagster.AddMetadata(ctx, tenMB(), metadata.Rows(1))
		dagster.AddMetadata(ctx, metadata.Text("dump", "thought better of it"))
		return 1, nil
	}))
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	repo := dagster.NewRepository("r", big, untyped, reports, replaced)
	r, err := repo.Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.ErrorContains(t, err, `step "raw__big": asset "raw/big": `+tooLarge)
	require.ErrorContains(t, err, `step "untyped": asset "untyped": metadata "f": func(): it has no type`)
	require.ErrorContains(t, err, `step "reports": report asset "other": `+tooLarge)
	var size *metadata.SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, 1, tried, "trying again would change nothing")
	_, err = big.Load(t.Context(), inst, "")
	require.ErrorIs(t, err, dagster.ErrNotStored)
	v, err := replaced.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 1, v)
	assert.Equal(t, []metadata.Entry{metadata.Text("dump", "thought better of it"), metadata.Rows(1)}, r.Metadata(replaced))
	seen := map[string]int{}
	for e := range r.Events() {
		if e.Kind == storage.AssetMaterialization || e.Kind == storage.AssetObservation {
			seen[e.Asset]++
		}
	}
	assert.Equal(t, map[string]int{"seen": 1, "replaced": 1}, seen)
	run, err := inst.Storage().Run(t.Context(), storage.RunID(r.RunID()))
	require.NoError(t, err)
	assert.Equal(t, storage.RunFailed, run.Status)
}

// One part of a multi-asset has too much to say, together with what is said of all.
func TestMetadataOfPartsIsCheckedTogether(t *testing.T) {
	t.Parallel()

	type both struct{ A, B int }
	m := dagster.NewMultiAsset("m", dagster.From(func(ctx context.Context) (both, error) {
		for _, key := range []string{"1", "2", "3"} {
			dagster.AddMetadata(ctx, metadata.Text(key, strings.Repeat("x", 1_000_000)))
		}
		dagster.AddMetadataTo(ctx, "a", metadata.Rows(1))
		dagster.AddMetadataTo(ctx, "b", metadata.Text("4", strings.Repeat("x", 1_000_000)), metadata.Text("5", strings.Repeat("x", 1_000_000)))
		return both{1, 2}, nil
	}))
	a := dagster.Part(m, "a", func(v *both) *int { return &v.A })
	b := dagster.Part(m, "b", func(v *both) *int { return &v.B })
	_, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, `step "m": asset "b": metadata: 5000180 bytes together, at most 4194304 may be`)
}

// What fails for another reason keeps its own error, and so do the lines of a log.
func TestMetadataThatIsTooLargeDoesNotHideAFailure(t *testing.T) {
	t.Parallel()

	a := dagster.NewAsset("a", dagster.From(func(ctx context.Context) (int, error) {
		dagster.Log(ctx).Info("looked", zap.String("dump", strings.Repeat("x", 10_000_000)), zap.Int("rows", 3))
		return 0, &dagster.Failure{Description: "no rows", Metadata: []metadata.Entry{tenMB(), metadata.Rows(0)}}
	}))
	r, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, "no rows")
	found := 0
	for e := range r.Events() {
		var said []metadata.Entry
		switch d := e.Data.(type) {
		case *storage.FailureData:
			said = d.Metadata
		case *storage.LogData:
			said = d.Fields
		default:
		}
		if len(said) > 0 {
			found++
			assert.Contains(t, said[0].Value.String(), "not kept: "+tooLarge)
			assert.Len(t, said, 2)
		}
	}
	assert.Equal(t, 2, found)
}

// An IO manager says things of what it stored: then the value is there, and its materialization is not.
func TestMetadataOfAnIOManagerIsChecked(t *testing.T) {
	t.Parallel()

	io := dagster.NewResource("io", dagster.From(func(context.Context) (dagster.IOManager, error) {
		return dagster.IOFuncs(
			func(ctx context.Context, at dagster.Address, _ int) error {
				dagster.AddMetadataTo(ctx, at.Asset, tenMB())
				return nil
			}, func(context.Context, dagster.Address) (int, error) { return 0, errors.New("not asked") },
		), nil
	}), nil)
	a := dagster.NewAsset("a", dagster.From(number(1)), dagster.StoredIn(io))
	days := dagster.NewAsset("days", dagster.From(number(1)), dagster.StoredIn(io), dagster.Partitioned(dagster.StaticPartitions("mon")))
	_, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, `step "a": asset "a": `+tooLarge)
	_, err = dagster.NewRepository("r", days).Materialize(t.Context(), "*", dagster.PartitionKey("mon"))
	require.ErrorContains(t, err, `asset "days": `+tooLarge)
}

func TestMetadataFromOutsideOfARunIsChecked(t *testing.T) {
	t.Parallel()

	inst, a := dagster.NewInstance(dagster.InstanceConfig{}), dagster.NewSource[int]("a")
	require.ErrorContains(t, a.Report(t.Context(), inst, "", tenMB()), `report asset "a": `+tooLarge)
	require.ErrorContains(t, a.Store(t.Context(), inst, "", 1, tenMB()), `store asset "a": `+tooLarge)
	_, err := a.Load(t.Context(), inst, "")
	require.ErrorIs(t, err, dagster.ErrNotStored)
}

func TestMetadataOfChecksIsChecked(t *testing.T) {
	t.Parallel()

	a := dagster.NewAsset("a", dagster.From(number(1)))
	apart := dagster.NewCheck("apart", a, dagster.From1(a, func(context.Context, int) (dagster.CheckResult, error) {
		return dagster.CheckResult{Passed: true, Metadata: []metadata.Entry{tenMB()}}, nil
	}))
	b := dagster.NewAsset("b", dagster.From(func(ctx context.Context) (int, error) {
		dagster.ReportCheck(ctx, "own", dagster.CheckResult{Passed: true, Metadata: []metadata.Entry{tenMB()}})
		return 1, nil
	}), dagster.Checks("own"))
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	_, err := dagster.NewRepository("r", a, apart, b).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.ErrorContains(t, err, `check "apart": `+tooLarge)
	require.ErrorContains(t, err, `step "b": check "own": `+tooLarge)
	_, err = a.Load(t.Context(), inst, "")
	require.NoError(t, err)
}

// Where the code of a definition is belongs to what is known of it, and to no event.
func TestCodeReferences(t *testing.T) {
	t.Parallel()

	sql := metadata.CodeReference{URL: "https://git.example/a.sql"}
	a := dagster.NewAsset("a", dagster.From(number(1)), dagster.Metadata(metadata.CodeReferences(sql)))
	job := dagster.NewAssetJob("j", "a")
	repo := dagster.NewRepository("r", a, job, dagster.NewSchedule("s", "0 2 * * *", job))
	assets, err := repo.Assets()
	require.NoError(t, err)
	jobs, err := repo.Jobs()
	require.NoError(t, err)
	schedules, err := repo.Schedules()
	require.NoError(t, err)
	for _, code := range [][]metadata.CodeReference{assets[0].Code[:1], jobs[0].Code, schedules[0].Code} {
		require.Len(t, code, 1)
		assert.Equal(t, "metadata_test.go", filepath.Base(code[0].File))
		assert.NotEqual(t, "metadata_test.go", code[0].File)
		assert.Positive(t, code[0].Line)
	}
	assert.Equal(t, []metadata.CodeReference{sql}, assets[0].Code[1:])
	r, err := repo.Materialize(t.Context(), "*")
	require.NoError(t, err)
	assert.Empty(t, r.Metadata(a))
}
