package freshness_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/freshness"
)

func Example() {
	p, err := freshness.By("0 10 * * *", time.Hour, "Europe/Berlin")
	fmt.Println(err)
	last := time.Date(2025, 1, 2, 8, 15, 0, 0, time.UTC)
	for _, now := range []time.Time{last.Add(time.Hour), last.Add(24 * time.Hour), last.Add(25 * time.Hour)} {
		fmt.Println(now.Format(time.RFC3339), p.State(last, now), p.Next(last, now).UTC().Format(time.RFC3339))
	}
	// Output:
	// <nil>
	// 2025-01-02T09:15:00Z PASS 2025-01-03T09:00:00Z
	// 2025-01-03T08:15:00Z PASS 2025-01-03T09:00:00Z
	// 2025-01-03T09:15:00Z FAIL 0001-01-01T00:00:00Z
}

func TestPoliciesThatMakeNoSense(t *testing.T) {
	t.Parallel()

	within := func(fail, warn time.Duration) error {
		_, err := freshness.Within(fail, warn)
		return err
	}
	by := func(text string, before time.Duration, zone string) error {
		_, err := freshness.By(text, before, zone)
		return err
	}
	for want, err := range map[string]error{
		"fails after 59s: want 1m0s or longer":                                                            within(59*time.Second, 0),
		"fails after -1m0s: want 1m0s or longer":                                                          within(-time.Minute, 0),
		"warns after 30s: want 1m0s or longer":                                                            within(time.Hour, 30*time.Second),
		"warns after 1h0m0s: want less than 1h0m0s, after which it fails":                                 within(time.Hour, time.Hour),
		"made at most 0s before a deadline: want 1m0s or longer":                                          by("@daily", 0, ""),
		"made at most 1h0m1s before a deadline: two deadlines are 1h0m0s apart, want that or less":        by("@hourly", time.Hour+time.Second, ""),
		"made at most 48h0m0s before a deadline: two deadlines are 10m0s apart, want that or less":        by("*/25 0,23 * * *", 48*time.Hour, ""),
		"made at most 720h0m0s before a deadline: two deadlines are 672h0m0s apart, want that or less":    by("0 0 1 * *", 720*time.Hour, ""),
		"made at most 20000h0m0s before a deadline: two deadlines are 8760h0m0s apart, want that or less": by("0 0 1 1 *", 20000*time.Hour, "Asia/Tokyo"),
	} {
		require.EqualError(t, err, want)
	}
	err := by("0 25 * * *", time.Hour, "Europe/Berlim")
	require.ErrorContains(t, err, "25")
	require.ErrorContains(t, err, `"Europe/Berlim"`, "both are said")
}

// The state is as it is until Next, and another one from then on.
func TestNextIsWhenTheStateChanges(t *testing.T) {
	t.Parallel()

	daily, err := freshness.By("30 2 * * *", 3*time.Hour, "America/New_York")
	require.NoError(t, err)
	days, err := freshness.By("0 9 * * 1-5", 24*time.Hour, "Europe/Berlin")
	require.NoError(t, err)
	window, err := freshness.Within(26*time.Hour, 25*time.Hour)
	require.NoError(t, err)
	var none freshness.Policy
	policies := []freshness.Policy{daily, days, window, none}
	from := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(policies).Draw(t, "policy")
		last := from.Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "last")) * time.Minute)
		now := last.Add(time.Duration(rapid.IntRange(-60, 4*24*60).Draw(t, "age")) * time.Minute)
		state, next := p.State(last, now), p.Next(last, now)
		if next.IsZero() {
			assert.Equal(t, state, p.State(last, now.AddDate(10, 0, 0)))
			return
		}
		require.True(t, next.After(now))
		require.Equal(t, state, p.State(last, next.Add(-1)))
		require.NotEqual(t, state, p.State(last, next))
	})
	assert.Equal(t, freshness.Unknown, window.State(time.Time{}, from))
	assert.True(t, window.Next(time.Time{}, from).IsZero())
}

func BenchmarkBy(b *testing.B) {
	for b.Loop() {
		if _, err := freshness.By("0 10 * * *", time.Hour, "Europe/Berlin"); err != nil {
			b.Fatal(err)
		}
	}
}
