package week

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/io/csv"
	"github.com/dagster-go/dagster/metadata"
)

// Day is the earthquakes of one day.
type Day struct {
	Date   string  `json:"date"`
	Quakes []Quake `json:"quakes"`
}

var (
	listDays = dagster.NewOp1("list_days", ListDays)

	// What was fetched is kept in a file, so that another process need not ask the feed again: see Durable.
	fetchDay = dagster.NewOp2(
		"fetch_day", FetchDay, dagster.Durable(), dagster.StoredAs(".csv", csv.Encode[Quake], csv.Decode[Quake]),
		dagster.Tags(map[string]string{"asks": "feed"}),
	)
	merge = dagster.NewOp1("merge", Merge)
	byDay = dagster.NewOp1("by_day", ByDay)
)

// ListDays are the days that the feed has: each becomes a step of its own.
func ListDays(_ context.Context, feed *Feed) (dagster.Dynamic[string], error) {
	days := make(dagster.Dynamic[string])
	for _, date := range feed.Days() {
		days[date] = date
	}
	return days, nil
}

// FetchDay asks the feed for the events of a day. A busy feed says when to ask again.
func FetchDay(ctx context.Context, feed *Feed, date string) ([]Quake, error) {
	events, err := feed.Day(date)
	if busy, ok := errors.AsType[*BusyError](err); ok {
		return nil, dagster.RetryAfter(err, busy.Wait)
	}
	if err != nil {
		return nil, err
	}
	dagster.AddMetadata(ctx, metadata.Rows(len(events)))
	return events, nil
}

// Merge makes one list of all days, in order of time, and leaves out what is no earthquake.
func Merge(ctx context.Context, days [][]Quake) ([]Quake, error) {
	events := slices.Concat(days...)
	quakes := slices.DeleteFunc(slices.Clone(events), func(q Quake) bool { return q.Type != "earthquake" })
	if len(quakes) == 0 {
		return nil, errors.New("no earthquakes")
	}
	slices.SortFunc(quakes, func(a, b Quake) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	dagster.AddMetadata(ctx, metadata.Rows(len(quakes)), metadata.Int("left_out", len(events)-len(quakes)))
	return quakes, nil
}

// ByDay sorts the quakes by day.
func ByDay(_ context.Context, quakes []Quake) (dagster.Dynamic[Day], error) {
	days := make(dagster.Dynamic[Day])
	for date, of := range split(quakes, Quake.Date) {
		days[date] = Day{Date: date, Quakes: of}
	}
	return days, nil
}
