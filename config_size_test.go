package dagster_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster"
)

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]dagster.Size{
		"0": 0, "1": 1, "12B": 12, "64MiB": 64 << 20, "1.5GB": 1_500_000_000, "1.5KiB": 1536, "2kB": 2000, "2KB": 2000, "3 gib": 3 << 30,
		"7EiB": 7 << 60, "9EB": 9e18, "9223372036854775807": math.MaxInt64, "9.223372036854775807EB": math.MaxInt64, "0.5TiB": 1 << 39, "1PB": 1e15, "001mb": 1e6,
	} {
		got, err := dagster.ParseSize(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"":                              `size "": want a number of bytes, or one with a unit like "64MiB"`,
		"-1":                            `size "-1": want a number`,
		"-1MiB":                         `want a number`,
		"+1":                            `want a number`,
		"MiB":                           `want a number`,
		"1..5MB":                        `want a number`,
		".5MB":                          `want a number`,
		"5.MB":                          `want a number`,
		"1e3":                           `want a number`,
		"1M":                            `want a number`,
		"1MiBs":                         `want a number`,
		"1  MB":                         `want a number`,
		"1ZB":                           `want a number`,
		"0x10":                          `want a number`,
		"1/2GB":                         `want a number`,
		"5\u212aB":                      `want a number`,
		"\xff":                          `want a number`,
		"٣MB":                           `want a number`,
		"0.1KiB":                        `size "0.1KiB": not a whole number of bytes`,
		"8EiB":                          `size "8EiB": more than 9223372036854775807 bytes`,
		"9223372036854775808":           `more than 9223372036854775807 bytes`,
		strings.Repeat("9", 1000) + "B": `want a number`,
	} {
		_, err := dagster.ParseSize(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestSizeAsText(t *testing.T) {
	t.Parallel()
	for size, want := range map[dagster.Size]string{
		0: "0B", 1: "1B", 1000: "1kB", 1024: "1KiB", 64 << 20: "64MiB", 1_500_000_000: "1500MB", 1536: "1536B", math.MaxInt64: "9223372036854775807B",
		1 << 60: "1EiB", 1e18: "1EB", 999: "999B", -5: "-5B",
	} {
		assert.Equal(t, want, size.String())
	}
	_, err := dagster.Size(-1).MarshalText()
	require.EqualError(t, err, "size -1: negative")
}

func TestSizeAsJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]dagster.Size{
		`0`: 0, `1048576`: 1 << 20, `"1MiB"`: 1 << 20, `1e3`: 1000, `2.0`: 2, `"\u0031kB"`: 1000, `9223372036854775807`: math.MaxInt64,
	} {
		var got dagster.Size
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`-1`, `1.5`, `1e30`, `-1e3`, `9223372036854775808`, `"x"`, `true`, `{}`, `1e400`} {
		got := dagster.Size(3)
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, dagster.Size(3), got)
	}
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int64{1, 1000, 1 << 10, 1e6, 1 << 20, 1e9, 1 << 30, 1e15}).Draw(t, "unit")
		want := dagster.Size(rapid.Int64Range(0, math.MaxInt64/unit).Draw(t, "n") * unit)
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got dagster.Size
		require.NoError(t, json.Unmarshal(data, &got), "%s", data)
		assert.Equal(t, want, got)
	})
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"64MiB", "1.5GB", "0", "12 b", "9223372036854775807", "1e9", "-3kB", "0.0000000001EB", "1.MB", "\xff", "5\u212aB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := dagster.ParseSize(text)
		if err != nil {
			return
		}
		assert.GreaterOrEqual(t, size, dagster.Size(0))
		again, err := dagster.ParseSize(size.String())
		require.NoError(t, err)
		assert.Equal(t, size, again)
	})
}

func TestSizeInRunConfig(t *testing.T) {
	t.Parallel()
	f := newFetching()
	for data, want := range map[string]string{
		`"1.5"`: `config.fetch.most: want size like "64MiB", got string "1.5"`,
		`-1`:    `config.fetch.most: want size like "64MiB", got number -1`,
		`null`:  `config.fetch.most: want size like "64MiB", got null`,
		`[]`:    `config.fetch.most: want size like "64MiB", got list`,
	} {
		_, err := f.repo.ExecuteJob(t.Context(), "tests", dagster.RunConfig([]byte(`{"config": {"fetch": {"most": `+data+`}}}`)))
		require.EqualError(t, err, want)
	}
	for _, data := range []string{`"3GB"`, `12`} {
		_, err := f.repo.ExecuteJob(t.Context(), "tests", dagster.RunConfig([]byte(`{"config": {"fetch": {"most": `+data+`}}}`)))
		require.NoError(t, err)
	}
}
