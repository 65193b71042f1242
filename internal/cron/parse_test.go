package cron_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

// Texts that mean the same fire at the same times.
func TestParseSpellings(t *testing.T) {
	t.Parallel()

	tests := map[string][]string{
		"0 0 * * *":                    {"@daily", "@Midnight", " 00\t000  * * * ", "0 0 ? * ?", "0 0 1-31 * *", "*/90 0 * * *", "*/9999999999999999999999 */24 * * *"},
		"0 * * * *":                    {"@hourly", "0 0-23 * * *", "0 */1 * * *", "0 5-4 * * *"},
		"0 0 * * 0":                    {"@weekly", "0 0 * * 7", "0 0 * * SUN", "0 0 * * sun-sun", "0 0 * * 7-7", "0 0 * * 0,7", "0 0 * * */7", "0 0 * * 7-0"},
		"0 0 * * 0,1,2,3,4,5,6":        {"0 0 * * 0-7", "0 0 * * 1-7", "0 0 * * *", "0 0 * * 7/1", "0 0 1-31 * 1", "0 0 */1 * 1"},
		"0 0 * * 0,1,5,6":              {"0 0 * * 5-1", "0 0 * * fri-mon", "0 0 * * fri-1"},
		"0 0 * * 0,2,4,6":              {"0 0 * * */2", "0 0 * * 0/2", "0 0 * * 7/2", "0 0 * * sun-sat/2"},
		"0 0 1 1 *":                    {"@yearly", "@ANNUALLY", "0 0 1 jan *", "0 0 1 */12 *", "0 0 1 jan-jan ?"},
		"0 0 1 * *":                    {"@monthly", "0 0 1 feb-jan *"},
		"0 0 1 1,2,11,12 *":            {"0 0 1 nov-feb *", "0 0 1 11-2 *"},
		"0 22,0,2 * * *":               {"0 22-2/2 * * *"},
		"30,37,44,51,58,5 * * * *":     {"30-10/7 * * * *"},
		"5 * * * *":                    {"5-5 * * * *", "5/55 * * * *", "5-58/60 * * * *"},
		"0 0 30,31,1,2 * *":            {"0 0 30-2 * *"},
		"0 0 28,29,30,31 * *":          {"0 0 28-L * *", "0 0 28-l,28 * *"},
		"0 0 28,30 * *":                {"0 0 28-L/2 * *"},
		"0 0 L * *":                    {"0 0 l * ?", "0 0 L,L * *"},
		"0 0 * * 1#1,2#1,3#1,4#1,5#1":  {"0 0 * * mon-fri#1", "0 0 * * 1#1,tue-FRI#1"},
		"0 0 * * L0":                   {"0 0 * * L7", "0 0 * * l0"},
		"0 0 * * 0#1,0#2,0#3,0#4,0#5":  {"0 0 * * sun"},
		"0 0 1,2,3,4,5,6,7 * mon":      {"0 0 1-7 * 1"},
		"0 0 2,4,6,8,10,12,14 1 sun#5": {"0 0 2-14/2 jan 0#5"},
	}
	from, to := time.Date(2023, 12, 15, 0, 0, 0, 0, time.UTC), time.Date(2025, 3, 15, 0, 0, 0, 0, time.UTC)
	ticks := func(text string) []time.Time {
		s, err := cron.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, text, s.String())
		return slices.Collect(s.In(time.UTC).Between(from, to))
	}
	for text, others := range tests {
		want := ticks(text)
		require.NotEmpty(t, want)
		for _, other := range others {
			assert.Equal(t, want, ticks(other), "%q and %q", text, other)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()

	tests := map[string]string{
		"":                   `parse cron "": want 5 fields, from the minute to the day of the week, not 0`,
		"0 0 * * * *":        `parse cron "0 0 * * * *": want 5 fields, from the minute to the day of the week, not 6`,
		"@every 5m":          `parse cron "@every 5m": want @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually`,
		"60 * * * *":         `parse cron "60 * * * *": minute "60": want 0-59; lists, ranges and steps of them; or *`,
		"0 5,24 * * *":       `parse cron "0 5,24 * * *": hour "24": want 0-23; lists, ranges and steps of them; or *`,
		"0 0 0 * *":          `parse cron "0 0 0 * *": day of the month "0": want 1-31, L; lists, ranges and steps of them; or * or ?`,
		"0 0 * JANUARY *":    `parse cron "0 0 * JANUARY *": month "JANUARY": want 1-12, jan-dec; lists, ranges and steps of them; or *`,
		"0 0 * * 5-9":        `parse cron "0 0 * * 5-9": day of the week "5-9": want 0-7, sun-sat, Ln, d#k; lists, ranges and steps of them; or * or ?`,
		"*/0 * * * *":        `parse cron "*/0 * * * *": minute "*/0": want a step of 1 or more after the slash`,
		"0 0 * * L8":         `parse cron "0 0 * * L8": day of the week "L8": want the last of a weekday as L0-L7`,
		"0 0 * * 5#6":        `parse cron "0 0 * * 5#6": day of the week "5#6": want a weekday or a range of names, then # and 1-5`,
		"0 0 * * 1,5#2":      `parse cron "0 0 * * 1,5#2": day of the week "1,5#2": want either plain days or days with # or L, not both`,
		"0 0 30 2 *":         `parse cron "0 0 30 2 *": day of the month "30": want 1-29 in February`,
		"R 0 * * *":          `parse cron "R 0 * * *": minute "R": want 0-59; lists, ranges and steps of them; or *`,
		"0 0 31 4 *":         `parse cron "0 0 31 4 *": no year has such a day`,
		"0 0 31 2-2,sep *":   `parse cron "0 0 31 2-2,sep *": no year has such a day`,
		"0 0 30-31 feb *":    `parse cron "0 0 30-31 feb *": no year has such a day`,
		"\x00 \xff * * 1#1#": "parse cron \"\\x00 \\xff * * 1#1#\": minute \"\\x00\": want 0-59; lists, ranges and steps of them; or *",
	}
	for text, want := range tests {
		_, err := cron.Parse(text)
		require.EqualError(t, err, want)
	}

	_, err := cron.Parse("0 0 * 13 *")
	var wrong *cron.FieldError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "month", wrong.Field)
	assert.Equal(t, "13", wrong.Text)
	assert.Equal(t, "0 0 * 13 *", wrong.Cron)

	_, err = cron.Parse("0 0 31 4,6,9,11 *")
	require.ErrorIs(t, err, cron.ErrNever)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		"* * * *", "-1 * * * *", "1- * * * *", "1,, * * * *", "+5 * * * *", "0.5 * * * *", "1--5 * * * *", "1-2-3 * * * *",
		"*/5/2 * * * *", "*/ * * * *", "/5 * * * *", "*-5 * * * *", "** * * * *", "? * * * *", "0 ? * * *", "0 0 ?/2 * *",
		"0 0 1? * *", "0 0 L-3 * *", "0 0 15W * *", "0 0 LW * *", "0 0 L/2 * *", "l * * * *", "0-l * * * *", "0 0 * l *",
		"0 0 * * L", "0 0 * * 5L", "0 0 * * Lfri", "0 0 * * L05", "0 0 * * *#1", "0 0 * * 1-5#2", "0 0 * * 1-fri#2",
		"0 0 * * fri#02", "0 0 * * mon-fri/2#1", "0 0 * * 1#", "0 0 * * #1", "0 0 * * mond", "0 0 * * mo", "0 0 * * jan",
		"0 0 * mon *", "0 0 * feb#1 *", "TZ=UTC 0 0 * * *", "@reboot", "@", "R r * * *", "H * * * *", "٣ * * * *",
		"0 0 * * L5,mon", "0 0 * * *,5#2",
	} {
		_, err := cron.Parse(text)
		require.Error(t, err, text)
	}
}

func TestEveryHour(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]bool{
		"5 * * * *": true, "5 */1 * * *": true, "5 0-23 * * *": true, "5 0-22 * * *": false, "@hourly": true, "@daily": false,
	} {
		s, err := cron.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, s.EveryHour(), text)
	}
}
