package weather

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/io/csv"
	"github.com/dagster-go/dagster/metadata"
)

// Date is a day in ISO form: 2012-01-31. Dates compare as strings do.
type Date string

// Month is the date's month: 2012-01.
func (d Date) Month() string { return string(d[:7]) }

// Year is the date's year.
func (d Date) Year() int {
	year, _ := strconv.Atoi(string(d[:4])) // checked by parseDay
	return year
}

// Day is the weather of one day.
type Day struct {
	Date    Date    `csv:"date" json:"date"`
	Rain    float64 `csv:"rain_mm" json:"rain_mm"` // snow included, as water
	High    float64 `csv:"high_c" json:"high_c"`
	Low     float64 `csv:"low_c" json:"low_c"`
	Wind    float64 `csv:"wind" json:"wind"`
	Weather string  `csv:"weather" json:"weather"` // drizzle, rain, snow, sun or fog
}

// Days are the observations, a checked row for each day.
var Days = dagster.NewAsset(
	"clean/days", dagster.ByPartition(dagster.From1(Raw, PickDays)), dagster.Partitioned(days),
	dagster.Group("clean"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("A checked row for each day. A line that makes no sense fails the step: nothing is dropped silently."),
	dagster.Metadata(metadata.ColumnSchemaOf[Day]()),
)

// PickDays returns the days that the run is for. The file is read once, for however many these are.
func PickDays(ctx context.Context, raw string) (map[string]Day, error) {
	observed, err := Clean(ctx, raw)
	if err != nil {
		return nil, err
	}
	byDate := make(map[string]Day, len(observed))
	for _, d := range observed {
		byDate[string(d.Date)] = d
	}
	picked := make(map[string]Day)
	for _, key := range dagster.Partition(ctx).Keys {
		d, ok := byDate[key]
		if !ok {
			return nil, dagster.NoRetry(fmt.Errorf("the file has no line for %s", key))
		}
		picked[key] = d
	}
	return picked, nil
}

// Table is all days in one table, in order.
var Table = dagster.NewAsset(
	"clean/table", dagster.From1(Days.Partitions(), JoinDays), dagster.StoredAs(".csv", csv.Encode[Day], csv.Decode[Day]),
	dagster.Group("clean"), dagster.Kinds("csv"), dagster.CodeVersion("1"),
	dagster.Description("All days in one table."), dagster.Metadata(metadata.ColumnSchemaOf[Day]()),
)

// JoinDays returns the days in order.
func JoinDays(ctx context.Context, byKey map[string]Day) ([]Day, error) {
	table := inOrder(byKey)
	describeDays(ctx, table)
	return table, nil
}

var (
	columns = []string{"date", "precipitation", "temp_max", "temp_min", "wind", "weather"}
	kinds   = []string{"drizzle", "rain", "snow", "sun", "fog"}
)

// Clean parses and checks the observations. It reports every wrong line, not the first one alone.
func Clean(_ context.Context, raw string) ([]Day, error) {
	r := stdcsv.NewReader(strings.NewReader(raw))
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("header: got %q, want %q", header, columns)
	}
	var days []Day
	var wrong []error
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		day, err := parseDay(record)
		if err == nil && len(days) > 0 {
			err = follows(days[len(days)-1].Date, day.Date)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		days = append(days, day)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, dagster.NoRetry(err)
	}
	return days, nil
}

func parseDay(record []string) (Day, error) {
	day := Day{Date: Date(record[0]), Weather: record[5]}
	if _, err := time.Parse(time.DateOnly, record[0]); err != nil {
		return day, err
	}
	for i, to := range []*float64{&day.Rain, &day.High, &day.Low, &day.Wind} {
		v, err := strconv.ParseFloat(record[i+1], 64)
		if err != nil {
			return day, fmt.Errorf("%s: %w", columns[i+1], err)
		}
		*to = v
	}
	switch {
	case day.Rain < 0:
		return day, fmt.Errorf("precipitation %v: negative", day.Rain)
	case day.Low > day.High:
		return day, fmt.Errorf("temp_min %v is above temp_max %v", day.Low, day.High)
	case !slices.Contains(kinds, day.Weather):
		return day, fmt.Errorf("weather %q: want one of %q", day.Weather, kinds)
	}
	return day, nil
}

// follows reports a day that is not the one after the last.
func follows(last, day Date) error {
	t, err := time.Parse(time.DateOnly, string(last))
	if err != nil {
		return err
	}
	if next := Date(t.AddDate(0, 0, 1).Format(time.DateOnly)); day != next {
		return fmt.Errorf("date %s: want %s, the day after the line before", day, next)
	}
	return nil
}

func describeDays(ctx context.Context, days []Day) {
	dagster.AddMetadata(ctx, metadata.Rows(len(days)))
	if len(days) == 0 {
		return
	}
	count := map[string]int{}
	for _, d := range days {
		count[d.Weather]++
	}
	dagster.AddMetadata(
		ctx,
		metadata.Text("first", string(days[0].Date)), metadata.Text("last", string(days[len(days)-1].Date)),
		metadata.Of("days_by_weather", count), metadata.Table("sample", days[:min(5, len(days))]),
	)
}
