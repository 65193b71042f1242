package conformance_test

import (
	"encoding/json"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/internal/cron"
)

// cronTexts are one cron text, or a list of them that fire as one.
type cronTexts []string

func (c *cronTexts) UnmarshalJSON(src []byte) error {
	var list []string
	err := json.Unmarshal(src, &list)
	if err != nil {
		list = make([]string, 1)
		err = json.Unmarshal(src, &list[0])
	}
	*c = list
	return err
}

// ticks returns the ticks of a list, or of one text alone.
func (c cronTexts) ticks(zone string) (cron.Ticks, error) {
	loc, err := cron.Zone(zone)
	if err != nil {
		return cron.Ticks{}, err
	}
	if len(c) == 1 {
		s, err := cron.Parse(c[0])
		return s.In(loc), err
	}
	u, err := cron.ParseAll(c)
	return u.In(loc), err
}

// cronCase is one case of cron_ticks.
type cronCase struct {
	Cron      cronTexts   `json:"cron"`
	TZ        string      `json:"tz"`
	Start     time.Time   `json:"start"`
	Ascending bool        `json:"ascending"`
	Ticks     []time.Time `json:"ticks"`
	Error     bool        `json:"error"`
	Why       string      `json:"why"`
	Disputed  string      `json:"disputed"`
}

func TestConformanceCronTicks(t *testing.T) {
	t.Parallel()

	conformance.Each(t, "cron_ticks", func(t *testing.T, c cronCase) {
		t.Helper()

		ticks, err := c.Cron.ticks(c.TZ)
		if c.Error {
			require.Error(t, err, "%q", c.Cron)
			if c.Why == "never" {
				require.ErrorIs(t, err, cron.ErrNever)
			} else {
				require.NotErrorIs(t, err, cron.ErrNever)
			}
			return
		}
		require.NoError(t, err)
		seq, next := ticks.Up(c.Start), ticks.Next
		if !c.Ascending {
			seq, next = ticks.Down(c.Start), ticks.Prev
		}
		got := take(seq, len(c.Ticks))
		if c.Disputed == "" {
			assert.Equal(t, inUTC(c.Ticks), inUTC(got))
		}
		for i := range len(got) - 1 {
			assert.Equal(t, got[i+1], next(got[i]), "after %s", got[i])
		}
	})
}

// scheduleTicksCase is the part of a case of partition_schedules that is about time.
type scheduleTicksCase struct {
	Cron  cronTexts  `json:"cron"`
	TZ    string     `json:"tz"`
	After *time.Time `json:"after"`
	Ticks []struct {
		At time.Time `json:"at"`
	} `json:"ticks"`
	Disputed string `json:"disputed"`
}

func TestConformancePartitionScheduleTicks(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "partition_schedules", func(t *testing.T, c scheduleTicksCase) {
			t.Helper()

			ticks, err := c.Cron.ticks(c.TZ)
			require.NoError(t, err)
			if c.After == nil {
				return
			}
			want := make([]time.Time, len(c.Ticks))
			for i, tick := range c.Ticks {
				want[i] = tick.At
			}
			if got := take(ticks.Up(*c.After), len(want)); c.Disputed == "" {
				assert.Equal(t, inUTC(want), inUTC(got))
			}
		},
		conformance.Rule[scheduleTicksCase]{
			Why:   "where no schedule is built there are no ticks",
			Match: func(c scheduleTicksCase) bool { return c.Cron == nil },
		},
	)
}

func take(seq iter.Seq[time.Time], n int) []time.Time {
	var list []time.Time
	for at := range seq {
		if len(list) == n {
			break
		}
		list = append(list, at)
	}
	return list
}

func inUTC(list []time.Time) []string {
	texts := make([]string, len(list))
	for i, at := range list {
		texts[i] = at.UTC().Format(time.RFC3339Nano)
	}
	return texts
}
