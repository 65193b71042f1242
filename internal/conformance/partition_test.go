package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/partition"
)

// partitionDef is the description of a definition in the files.
type partitionDef struct {
	Type string `json:"type"`

	Start        string            `json:"start"`
	End          string            `json:"end"`
	TZ           string            `json:"tz"`
	Fmt          string            `json:"fmt"`
	Cron         string            `json:"cron"`
	MinuteOffset int               `json:"minute_offset"`
	HourOffset   int               `json:"hour_offset"`
	DayOffset    *int              `json:"day_offset"`
	EndOffset    int               `json:"end_offset"`
	Exclusions   []partitionExcept `json:"exclusions"`

	Keys []string                 `json:"keys"`
	Name string                   `json:"name"`
	Dims map[string]*partitionDef `json:"dims"`
}

// partitionExcept is an exclusion: the text of a cron, or {"at": civil time}.
type partitionExcept struct {
	Cron string
	At   string `json:"at"`
}

func (e *partitionExcept) UnmarshalJSON(src []byte) error {
	if src[0] == '"' {
		_, err := fmt.Sscanf(string(src), "%q", &e.Cron)
		return err
	}
	_, err := fmt.Sscanf(string(src), `{"at":%q}`, &e.At)
	return err
}

// definition returns what a description says; nil is not partitioned.
func (d *partitionDef) definition() (partition.Definition, error) {
	if d == nil {
		return partition.Definition{}, nil
	}
	switch d.Type {
	case "static":
		return partition.Static(d.Keys...)
	case "dynamic":
		return partition.Dynamic(d.Name)
	case "multi":
		dims := map[string]partition.Definition{}
		for name, dim := range d.Dims {
			var err error
			if dims[name], err = dim.definition(); err != nil {
				return partition.Definition{}, err
			}
		}
		return partition.Multi(dims)
	}
	c := partition.WindowConfig{
		Every: map[string]partition.Every{
			"hourly": partition.Hourly, "daily": partition.Daily, "weekly": partition.Weekly, "monthly": partition.Monthly,
		}[d.Type],
		Cron: d.Cron, Start: d.Start, End: d.End, Zone: d.TZ, Format: d.Fmt,
		Minute: d.MinuteOffset, Hour: d.HourOffset, EndOffset: d.EndOffset,
	}
	if d.DayOffset != nil {
		c.Day = *d.DayOffset
	}
	for _, e := range d.Exclusions {
		if e.Cron != "" {
			c.Exclude = append(c.Exclude, e.Cron)
		} else {
			c.ExcludeAt = append(c.ExcludeAt, e.At)
		}
	}
	return partition.Windows(c)
}

// dynamic collects the keys that the store holds.
func (d *partitionDef) dynamic(into map[string][]string) map[string][]string {
	if d == nil {
		return into
	}
	if d.Type == "dynamic" {
		into[d.Name] = d.Keys
	}
	for _, dim := range d.Dims {
		dim.dynamic(into)
	}
	return into
}

// set returns what exists of a description at an instant.
func (d *partitionDef) set(t *testing.T, now time.Time) partition.Set {
	t.Helper()

	def, err := d.definition()
	require.NoError(t, err)
	keys, err := partition.NewSnapshot(d.dynamic(map[string][]string{}))
	require.NoError(t, err)
	return def.At(now, keys)
}

type timePartitionsCase struct {
	Def      *partitionDef `json:"def"`
	Now      time.Time     `json:"now"`
	Error    bool          `json:"error"`
	Disputed string        `json:"disputed"`

	Count   int              `json:"count"`
	First   []string         `json:"first"`
	Last    []string         `json:"last"`
	Windows [][3]string      `json:"windows"`
	Range   *partitionRange  `json:"range"`
	KeyAt   []partitionKeyAt `json:"key_at"`
	Has     map[string]bool  `json:"has"`
	Next    []windowBeside   `json:"next"`
	Prev    []windowBeside   `json:"prev"`
}

type partitionRange struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Keys  []string `json:"keys"`
	Error bool     `json:"error"`
}

// partitionKeyAt is [instant, end_closed, key].
type partitionKeyAt struct {
	At     time.Time
	Closed bool
	Key    string
}

func (k *partitionKeyAt) UnmarshalJSON(src []byte) error {
	return unpack(src, &k.At, &k.Closed, &k.Key)
}

// windowBeside is [instant, window or null].
type windowBeside struct {
	At   time.Time
	Want *[2]time.Time
}

func (w *windowBeside) UnmarshalJSON(src []byte) error { return unpack(src, &w.At, &w.Want) }

func TestConformanceTimePartitions(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "time_partitions", func(t *testing.T, c timePartitionsCase) {
			t.Helper()

			def, err := c.Def.definition()
			if c.Error {
				require.Error(t, err)
				return
			}
			if c.Disputed != "" && err != nil {
				return
			}
			require.NoError(t, err)
			s := def.At(c.Now, nil)
			if c.Disputed != "" {
				assert.Len(t, slices.Collect(s.Keys()), s.Count())
				return
			}
			c.checkKeys(t, s)
			c.checkTimes(t, def, s)
		},
		conformance.Rule[timePartitionsCase]{
			Why: "where clocks are moved by half an hour windows stay on the hour, so a range to half past has no end",
			Match: func(c timePartitionsCase) bool {
				return c.Def.TZ == "Australia/Lord_Howe" && c.Range != nil && strings.HasSuffix(c.Range.To, ":30")
			},
			Instead: func(c *timePartitionsCase) { c.Range.Keys, c.Range.Error = nil, true },
		},
	)
}

// checkKeys asks about keys by their number.
func (c timePartitionsCase) checkKeys(t *testing.T, s partition.Set) {
	t.Helper()

	assert.Equal(t, c.Count, s.Count(), "count")
	keys := slices.Collect(s.Keys())
	assert.Len(t, keys, c.Count)
	assert.Equal(t, c.First, append([]string{}, keys[:min(3, len(keys))]...))
	assert.Equal(t, c.Last, append([]string{}, keys[len(keys)-min(3, len(keys)):]...))
	for i, key := range keys {
		nth, _ := s.Nth(i)
		assert.Equal(t, key, nth)
		index, ok := s.Index(key)
		assert.True(t, ok)
		assert.Equal(t, i, index)
	}
	for key, want := range c.Has {
		assert.Equal(t, want, s.Has(key), "has %q", key)
	}
	if c.Range == nil {
		return
	}
	got, err := s.Range(c.Range.From, c.Range.To)
	assert.Equal(t, c.Range.Error, err != nil, "range: %v", err)
	assert.Equal(t, c.Range.Keys, slices.Collect(got.Keys()), "range")
}

// checkTimes asks about windows and instants.
func (c timePartitionsCase) checkTimes(t *testing.T, def partition.Definition, s partition.Set) {
	t.Helper()

	const instant = "2006-01-02T15:04:05.999999Z"
	for _, want := range c.Windows {
		w, err := def.WindowOf(want[0])
		require.NoError(t, err)
		assert.Equal(t, want, [3]string{want[0], w.Start.UTC().Format(instant), w.End.UTC().Format(instant)})
	}
	for _, want := range c.KeyAt {
		at := s.KeyAt
		if want.Closed {
			at = s.KeyUntil
		}
		key, _ := at(want.At)
		assert.Equal(t, want.Key, key, "key at %s, closed %t", want.At, want.Closed)
	}
	check := func(name string, asked []windowBeside, find func(time.Time) (partition.Window, bool)) {
		for _, want := range asked {
			w, ok := find(want.At)
			if want.Want == nil {
				assert.False(t, ok, "%s of %s is %s", name, want.At, w)
				continue
			}
			assert.True(t, ok && w.Start.Equal(want.Want[0]) && w.End.Equal(want.Want[1]), "%s of %s is %s, want %s", name, want.At, w, want.Want)
		}
	}
	check("next", c.Next, s.NextWindow)
	check("prev", c.Prev, s.PrevWindow)
}
