package partition_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/partition"
)

// The lines were printed by Python 3.
func TestFormatsPrintAsInPython(t *testing.T) {
	t.Parallel()

	const directives = "%Y %m %d %H %M %S %y %j %b %B %a %A %I %p %f %z %%"
	for zone, want := range map[string]string{
		"UTC":              "2025 01 05 03 04 00 25 005 Jan January Sun Sunday 03 AM 000000 +0000 %",
		"America/New_York": "1999 12 31 23 59 00 99 365 Dec December Fri Friday 11 PM 000000 -0500 %",
		"Asia/Kolkata":     "2024 02 29 00 00 00 24 060 Feb February Thu Thursday 12 AM 000000 +0530 %",
		"Europe/Berlin":    "2068 07 09 12 30 00 68 191 Jul July Mon Monday 12 PM 000000 +0200 %",
		"Etc/UTC":          "1969 03 01 11 05 00 69 060 Mar March Sat Saturday 11 AM 000000 +0000 %",
	} {
		// A window a minute, so that the start given as text is the start of the first one.
		def, err := partition.Windows(partition.WindowConfig{Cron: "* * * * *", Start: want, Zone: zone, Format: directives})
		require.NoError(t, err)
		first, ok := def.At(time.Date(2069, 1, 1, 0, 0, 0, 0, time.UTC), nil).First()
		assert.True(t, ok)
		assert.Equal(t, want, first)
	}
}

func TestStartMayLackZeros(t *testing.T) {
	t.Parallel()

	tests := map[string]partition.WindowConfig{
		"2025-01-05":      {Every: partition.Daily, Start: "2025-1-5"},
		"20250105":        {Every: partition.Daily, Start: "20250105", Format: "%Y%m%d"},
		"Jan 05, 2025":    {Every: partition.Daily, Start: "january 5, 2025", Format: "%b %d, %Y"},
		"January 5, 2025": {Every: partition.Daily, Start: "January 05, 2025", Format: "%B %d, %Y"},
	}
	for want, c := range tests {
		def, err := partition.Windows(c)
		if strings.HasPrefix(want, "Jan 05") {
			assert.ErrorIs(t, err, partition.ErrDefinition, "a short name is not the long one")
			continue
		}
		require.NoError(t, err)
		first, _ := def.At(benchNow(), nil).First()
		assert.Equal(t, strings.ReplaceAll(want, " 5,", " 05,"), first)
	}
}

func TestKeyIsWrittenInOneWay(t *testing.T) {
	t.Parallel()

	set := windows(t, partition.WindowConfig{Every: partition.Hourly, Start: "2025-11-01-00:00", Zone: "America/New_York"}).At(
		time.Date(2025, 11, 4, 0, 0, 0, 0, time.UTC), nil)
	for key, want := range map[string]bool{
		"2025-11-02-01:00": true, "2025-11-02-01:00-0500": true, "2025-11-02-01:00-0400": false, "2025-11-02-02:00-0500": false,
		"2025-11-02-1:00": false, "2025-11-02-01:30": false, "2025-11-02-01:00-05:00": false, "2025-11-02-01:00Z": false, " 2025-11-02-01:00": false,
	} {
		assert.Equal(t, want, set.Has(key), key)
	}
}
