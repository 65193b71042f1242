package partition_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
	"github.com/dagster-go/dagster/partition"
)

// Around every change of the clock from 1985 to 2045, windows are those between the ticks of their cron. With
// DAGSTER_DEEP that is every zone there is, otherwise every fifteenth.
func TestWindowsAtChangesOfTheClock(t *testing.T) {
	t.Parallel()

	list, err := os.ReadFile("../internal/cron/testdata/zones.txt")
	require.NoError(t, err)
	names := strings.Fields(string(list))
	require.Greater(t, len(names), 300)
	step := 15
	if os.Getenv("DAGSTER_DEEP") != "" {
		step = 1
	}
	for i := 0; i < len(names); i += step {
		t.Run(names[i], func(t *testing.T) {
			t.Parallel()

			zone, err := cron.Zone(names[i])
			require.NoError(t, err)
			for _, text := range []string{"0 0 * * *", "30 2 * * *", "30 23 * * *", "17 * * * *", "0,30 * * * *", "0 1 * * 0"} {
				def := windows(t, partition.WindowConfig{Cron: text, Start: "1985-01-01-00:00", Zone: names[i], Format: "%Y-%m-%d-%H:%M"})
				changes(t, zone, ticksOf(t, text, zone), def)
			}
		})
	}
}

func changes(t *testing.T, zone *time.Location, ticks cron.Ticks, def partition.Definition) {
	t.Helper()

	set := def.At(time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC), nil)
	last := time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	_, at, _ := cron.Stretch(zone, time.Date(1985, 1, 3, 0, 0, 0, 0, time.UTC).Unix())
	for at < last {
		change := time.Unix(at, 0)
		for tick := range ticks.Between(change.Add(-26*time.Hour), change.Add(26*time.Hour)) {
			key, ok := set.KeyAt(tick)
			require.True(t, ok)
			w, err := def.WindowOf(key)
			require.NoError(t, err, key)
			assert.True(t, w.Start.Equal(tick) && w.End.Equal(ticks.Next(tick)), "key %q has window %s, the cron ticks at %s and %s", key, w, tick, ticks.Next(tick))
			assert.True(t, set.Has(key))
		}
		_, at, _ = cron.Stretch(zone, at)
	}
}
