package cron_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

// slimZone makes a zone that was at UTC until one instant and follows New York's rule from then on: the short form of
// the zone files, in which later changes are not listed.
func slimZone(t *testing.T, change time.Time) *time.Location {
	t.Helper()

	data := tzHeader(nil, 0, 0, 0)
	data = tzHeader(data, 1, 2, 8)
	data = binary.BigEndian.AppendUint64(data, uint64(change.Unix()))
	data = append(data, 1)
	for i, seconds := range []int32{0, -5 * 60 * 60} {
		data = binary.BigEndian.AppendUint32(data, uint32(seconds))
		data = append(data, 0, byte(4*i))
	}
	data = append(data, "UTC\x00EST\x00\nEST5EDT,M3.2.0,M11.1.0\n"...)
	loc, err := time.LoadLocationFromTZData("slim", data)
	require.NoError(t, err)
	return loc
}

func tzHeader(data []byte, changes, types, letters uint32) []byte {
	data = append(data, "TZif2"...)
	data = append(data, make([]byte, 15)...)
	for _, n := range []uint32{0, 0, 0, changes, types, letters} {
		data = binary.BigEndian.AppendUint32(data, n)
	}
	return data
}

// The library bounds the year's spans by the year itself where a zone has a rule for all years to come.
func TestSpansOfRules(t *testing.T) {
	t.Parallel()

	change := utc(t, "2024-02-10T08:30:00Z")
	loc := slimZone(t, change)
	start, end, seconds, ok := cron.Span(loc, utc(t, "2024-02-20T00:00:00Z").Unix())
	assert.True(t, ok)
	assert.Equal(t, change.Unix(), start, "not the first of January")
	assert.Equal(t, utc(t, "2024-03-10T07:00:00Z").Unix(), end)
	assert.Equal(t, int64(-5*60*60), seconds)

	autumn := utc(t, "2024-11-20T00:00:00Z")
	start, _, _, _ = cron.Span(slimZone(t, autumn), utc(t, "2024-12-20T00:00:00Z").Unix())
	assert.Equal(t, autumn.Unix(), start, "not the change that the rule has before it")

	last := utc(t, "2024-12-31T12:00:00Z").Unix()
	start, end, _, _ = cron.Span(loc, last)
	assert.Equal(t, utc(t, "2024-11-03T06:00:00Z").Unix(), start)
	assert.Greater(t, end, last, "also on the last day of a leap year")

	s, err := cron.Parse("30 4 * * *")
	require.NoError(t, err)
	var got []time.Time
	for at := range s.In(loc).Between(utc(t, "2024-02-09T00:00:00Z"), utc(t, "2024-02-12T00:00:00Z")) {
		got = append(got, at)
	}
	assert.Equal(t, []string{"2024-02-09T04:30:00Z", "2024-02-10T09:30:00Z", "2024-02-11T09:30:00Z"}, texts(got))
	assert.Equal(t, "2025-01-01T09:30:00Z", s.In(loc).Next(time.Unix(last, 0)).UTC().Format(time.RFC3339))
	assert.Equal(t, "2024-12-31T09:30:00Z", s.In(loc).Prev(time.Unix(last, 0)).UTC().Format(time.RFC3339))
}
