package partition_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/partition"
)

// What was stored once can be read for ever, with the fingerprint that it had.
func TestDefinitionJSON_isGolden(t *testing.T) {
	t.Parallel()

	customers := partition.Must(partition.Dynamic(`cust"omers`))
	full := windows(t, partition.WindowConfig{
		Every: partition.Weekly, Start: "2024/01/07 02:30", End: "2030/01/01 00:00", Zone: "Europe/Berlin", Format: "%Y/%m/%d %H:%M",
		Minute: 30, Hour: 2, Day: 7, EndOffset: -1, Exclude: []string{"0 0 1 * *", "30 2 8 * *"}, ExcludeAt: []string{"2024/01/14 02:30"},
	})
	cron := windows(t, partition.WindowConfig{Cron: "*/15 * * * *", Start: "2024-01-01 00:00", Format: "%Y-%m-%d %H:%M"})
	for want, c := range map[string]struct {
		def  partition.Definition
		mark string
	}{
		`{}`: {partition.Definition{}, "00000000000000000000000000000000"},
		`{"kind":"static","keys":["b","a|b","<c,d>","ä \"q\""]}`: {static(t, "b", "a|b", "<c,d>", `ä "q"`), "b246e8d758a312a6fd3f1090190eebb6"},
		`{"kind":"static"}`:                       {static(t), "0f2256644b13504ac4ba5844b199333d"},
		`{"kind":"dynamic","name":"cust\"omers"}`: {customers, "61bb84f28b4bdde1b073b50089f913ae"},
		`{"kind":"windows","every":"weekly","start":"2024/01/07 02:30","end":"2030/01/01 00:00","zone":"Europe/Berlin",` +
			`"format":"%Y/%m/%d %H:%M","minute":30,"hour":2,"day":7,"end_offset":-1,"exclude":["0 0 1 * *","30 2 8 * *"],` +
			`"exclude_at":["2024/01/14 02:30"]}`: {full, "1e674a01b25e038cd79395e80fcad17e"},
		`{"kind":"windows","cron":"*/15 * * * *","start":"2024-01-01 00:00","format":"%Y-%m-%d %H:%M"}`: {cron, "eef7f1c5db9d02e312de7c01b4cf8373"},
		`{"kind":"multi","dimensions":[{"name":"c","definition":{"kind":"dynamic","name":"cust\"omers"}},` +
			`{"name":"r","definition":{"kind":"static","keys":["eu"]}}]}`: {
			partition.Must(partition.Multi(map[string]partition.Definition{"r": static(t, "eu"), "c": customers})), "78c59bb0ca85e36cfbf5a43f48addd0f",
		},
	} {
		got, err := c.def.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
		assert.Equal(t, c.mark, c.def.Fingerprint().String(), want)
		back, err := partition.ParseDefinition(got)
		require.NoError(t, err)
		assert.True(t, back.Equal(c.def), want)
		again, err := back.MarshalJSON()
		require.NoError(t, err)
		assert.Equal(t, want, string(again))
	}
}

func anyDefinition(t *rapid.T) partition.Definition {
	single := func(name string) partition.Definition {
		switch rapid.IntRange(0, 3).Draw(t, name) {
		case 0:
			return partition.Must(partition.Static(rapid.SliceOfDistinct(rapid.StringMatching(`[a-z "'/é.-]{0,9}`).Filter(func(s string) bool {
				_, err := partition.Static(s)
				return err == nil
			}), rapid.ID[string]).Draw(t, name+" keys")...))
		case 1:
			return partition.Must(partition.Dynamic(rapid.StringN(1, 5, -1).Draw(t, name+" name")))
		case 2:
			return partition.Must(partition.Windows(partition.WindowConfig{
				Cron: rapid.SampledFrom([]string{"0 * * * *", "5 4 * * 1", "@daily"}).Draw(t, name+" cron"), Start: "2024-02-03 04:05",
				Format: "%Y-%m-%d %H:%M", Zone: rapid.SampledFrom([]string{"", "UTC", "Asia/Kathmandu"}).Draw(t, name+" zone"),
			}))
		default:
			c := partition.WindowConfig{
				Every: partition.Every(rapid.IntRange(1, 4).Draw(t, name+" every")), Minute: rapid.IntRange(0, 59).Draw(t, name+" minute"),
				EndOffset: rapid.IntRange(-3, 3).Draw(t, name+" offset"), Start: "2024-02-03T04:05", Format: "%Y-%m-%dT%H:%M",
				Exclude: rapid.SliceOfN(rapid.SampledFrom([]string{"0 0 1 * *", "0 0 * * 6"}), 0, 2).Draw(t, name+" exclude"),
			}
			if rapid.Bool().Draw(t, name+" ends") {
				c.End, c.ExcludeAt = "2025-02-03T04:05", []string{"2024-06-01T00:00"}
			}
			d, err := partition.Windows(c)
			if err != nil { // all windows are excluded
				c.Exclude = nil
				d, err = partition.Windows(c)
			}
			return partition.Must(d, err)
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "multi") > 0 {
		return single("single")
	}
	return partition.Must(partition.Multi(map[string]partition.Definition{"b": single("b"), "a ": single("a"), "c": single("c")}))
}

func TestDefinitionJSON_comesBack(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		d := anyDefinition(t)
		text, err := json.Marshal(d)
		require.NoError(t, err)
		back, err := partition.ParseDefinition(text)
		require.NoError(t, err)
		require.Equal(t, d.Kind(), back.Kind())
		require.Equal(t, d.Fingerprint(), back.Fingerprint())
	})
}

func TestParseDefinition_refuses(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		``, `[]`, `{"kind":"new"}`, `{"kind":"static","keys":["a"],"order":"down"}`, `{"kind":"dynamic"}`, `{} {}`,
		`{"kind":"windows","every":"yearly","start":"2024-01-01"}`, `{"kind":"windows"}`, `{"kind":"multi"}`,
		`{"kind":"multi","dimensions":[{"name":"a"},{"name":"b","definition":{"kind":"static"}}]}`,
		`{"kind":"multi","dimensions":[{"name":"a","definition":{"kind":"static"}},{"name":"a","definition":{"kind":"static"}}]}`,
	} {
		_, err := partition.ParseDefinition([]byte(text))
		require.Error(t, err, text)
	}
	_, err := partition.ParseDefinition([]byte(`{"kind":"new"}`))
	require.ErrorIs(t, err, partition.ErrDefinition)
	_, err = static(t, "\xff").MarshalJSON()
	require.ErrorIs(t, err, partition.ErrDefinition)
}

func FuzzParseDefinition(f *testing.F) {
	f.Add([]byte(`{"kind":"static","keys":["a"]}`))
	f.Add([]byte(`{"kind":"windows","every":"daily","start":"2024-01-01"}`))
	f.Add([]byte(`{"kind":"multi","dimensions":[{"name":"c","definition":{"kind":"dynamic","name":"c"}},{"name":"r","definition":{"kind":"static","keys":["eu"]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := partition.ParseDefinition(data)
		if err != nil {
			return
		}
		text, err := d.MarshalJSON()
		require.NoError(t, err)
		back, err := partition.ParseDefinition(text)
		require.NoError(t, err)
		require.Equal(t, d.Fingerprint(), back.Fingerprint())
	})
}
