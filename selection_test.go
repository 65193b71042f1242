package dagster_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
)

func TestSelectIsExact(t *testing.T) {
	t.Parallel()
	odd := dagster.NewSource[int](`odd "key" * \ and`)
	one := dagster.NewAsset("and", dagster.From1(odd, addOne))
	two := dagster.NewAsset("raw/2.x-y", dagster.From1(one, addOne))
	repo := dagster.NewRepository("r", odd, one, two)
	keys, err := repo.Selected(dagster.Select(two, odd, one))
	require.NoError(t, err)
	assert.Equal(t, []string{"and", "raw/2.x-y"}, keys, "what is made elsewhere can't be run")
	assert.Equal(t, dagster.Selection(`raw/2.x-y or key="odd \"key\" * \\ and" or key="and"`), dagster.Select(two, odd, one))

	_, err = repo.Selected(dagster.Select(dagster.NewAsset("raw/2.x-z", dagster.From(number(1)))))
	require.ErrorContains(t, err, `no asset "raw/2.x-z"; is it "raw/2.x-y"?`)
}

func TestSelectedByWhatOptionsSay(t *testing.T) {
	t.Parallel()
	in := dagster.NewSource[int]("in", dagster.Group("out_there"), dagster.Owners("team:x"))
	plain := dagster.NewAsset("plain", dagster.From1(in, addOne))
	full := dagster.NewAsset("full", dagster.From1(plain, addOne), dagster.Group("own"), dagster.Kinds("csv"), dagster.Owners("team:x"),
		dagster.Tags(map[string]string{"tier": "1"}))
	days := dagster.NewAsset("days", dagster.From(number(1)), dagster.Partitioned(testDays))
	repo := dagster.NewRepository("r", in, plain, full, days, dagster.Defaults(dagster.Kinds("sql")))
	for sel, want := range map[dagster.Selection][]string{
		"kind:sql":                      {"plain", "days"},
		"kind:csv":                      {"full"},
		"group:default":                 {"plain", "days"},
		"group:out_there":               {},
		`owner:"team:x"`:                {"full"},
		`tag:tier="1"`:                  {"full"},
		"partitions:time":               {"days"},
		"partitions:none":               {"plain", "full"},
		"key:in+1":                      {"plain"},
		"not key:plain":                 {"full", "days"},
		"roots(is:materializable)":      {"plain", "days"},
		"is:external":                   {},
		"key:nothing or group:no*thing": nil,
	} {
		keys, err := repo.Selected(sel)
		if want == nil {
			require.ErrorContains(t, err, `at 24: a value with other signs`)
			continue
		}
		require.NoError(t, err, sel)
		assert.ElementsMatch(t, want, keys, sel)
	}
	_, err := repo.Selected("plain or status:missing")
	require.EqualError(t, err, `selection "plain or status:missing": at 10: status: is not known here`)
}

func TestJobOfWhatIsMadeElsewhere(t *testing.T) {
	t.Parallel()
	in := dagster.NewSource[int]("in")
	made := dagster.NewAsset("made", dagster.From1(in, addOne))
	for sel, want := range map[dagster.Selection]string{
		"in":            `job "j": its selection has asset "in", which is made elsewhere: it cannot be run`,
		"key:in+":       `job "j": its selection has asset "in", which is made elsewhere: it cannot be run`,
		"key:nothing":   `job "j": its selection has nothing to run`,
		"key:made or (": `job "j": selection "key:made or (": at 14: want an asset key`,
		"+key:made":     "",
	} {
		err := dagster.NewRepository("r", in, made, dagster.NewAssetJob("j", sel)).Validate()
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
