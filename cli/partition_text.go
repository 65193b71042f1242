package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/partition"
	"github.com/dagster-go/dagster/storage"
)

// divisionText says how something is divided, in few words.
func divisionText(info *dagster.PartitionsInfo) string {
	if info == nil {
		return ""
	}
	return definitionText(info.Definition)
}

func definitionText(d partition.Definition) string {
	switch d.Kind() {
	case partition.KindWindows:
		set := d.At(farAway, nil)
		first, ok := set.First()
		if !ok {
			return "time"
		}
		return cadence(d, first) + " from " + first
	case partition.KindStatic:
		return count(d.At(farAway, nil).Count(), "key")
	case partition.KindDynamic:
		return "dynamic: " + d.Name()
	case partition.KindMulti:
		var names []string
		for _, dim := range d.Dimensions() {
			names = append(names, dim.Name)
		}
		return strings.Join(names, " | ")
	case partition.KindNone:
	}
	return ""
}

// farAway is when all windows of time exist that somebody will ask for.
var farAway = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // never changed

// cadence is how often a window comes, judged by the first one.
func cadence(d partition.Definition, first string) string {
	w, err := d.WindowOf(first)
	if err != nil {
		return "time"
	}
	const hour, day = time.Hour, 24 * time.Hour
	switch long := w.End.Sub(w.Start); {
	case long == hour:
		return "hourly"
	case long >= day-hour && long <= day+hour:
		return "daily"
	case long >= 7*day-hour && long <= 7*day+hour:
		return "weekly"
	case long >= 28*day-hour && long <= 31*day+hour:
		return "monthly"
	}
	return "time"
}

// The tags by which a run says for which partitions it is.
const (
	partitionTag  = "dagster/partition"
	rangeStartTag = "dagster/asset_partition_range_start"
	rangeEndTag   = "dagster/asset_partition_range_end"
	partitionsTag = "dagster/partition_keys"
)

// partitionsOf is which partitions a run was for: a key, a range, or a list of them; empty for none.
func partitionsOf(r *storage.Run) string {
	if key, ok := r.Tags[partitionTag]; ok {
		return key
	}
	if text, ok := r.Tags[partitionsTag]; ok {
		return text
	}
	first, ok := r.Tags[rangeStartTag]
	if last, also := r.Tags[rangeEndTag]; ok && also {
		return "[" + first + "..." + last + "]"
	}
	return ""
}

// ownTags are the tags of a run without those that say for which partitions it is.
func ownTags(tags map[string]string) map[string]string {
	out := maps.Clone(tags)
	maps.DeleteFunc(out, func(key, _ string) bool {
		return slices.Contains([]string{partitionTag, rangeStartTag, rangeEndTag, partitionsTag}, key) || strings.HasPrefix(key, partitionTag+"/")
	})
	return out
}

// cutList cuts a list of keys and ranges to columns, between two of its entries if it can.
func cutList(text string, columns int) string {
	text = oneLine(text)
	if columns <= 0 || width(text) <= columns {
		return text
	}
	short := screen().Truncate(text, columns-3, "")
	if at := strings.LastIndex(short, ", "); at > 0 {
		return short[:at] + ", …"
	}
	return short + "…"
}

// setOf is what exists of a division now. Dynamic keys are those of the store, of which there may be none.
func setOf(ctx context.Context, store storage.PartitionStore, d partition.Definition, now time.Time) (partition.Set, error) {
	names := d.DynamicNames()
	if len(names) == 0 || store == nil {
		return d.At(now, nil), nil
	}
	keys, err := store.Snapshot(ctx, names)
	if err != nil {
		return partition.Set{}, storeError(err)
	}
	return d.At(now, keys), nil
}

// extent says how many partitions there are, and which are the ends.
func extent(set partition.Set) string {
	first, ok := set.First()
	if !ok {
		return "none"
	}
	last, _ := set.Last()
	if first == last {
		return "1: " + first
	}
	return fmt.Sprintf("%s, from %s to %s", grouped(set.Count()), first, last)
}

// grouped is a number with commas between groups of digits.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
