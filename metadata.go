package dagster

import (
	"slices"

	"github.com/dagster-go/dagster/metadata"
)

// mergeMetadata adds entries to a list; an entry takes the place of an older one with its key.
func mergeMetadata(to, add []metadata.Entry) []metadata.Entry {
	for _, e := range add {
		at := slices.IndexFunc(to, func(old metadata.Entry) bool { return old.Key == e.Key })
		if at < 0 {
			to = append(to, e)
			continue
		}
		to[at] = e
	}
	return to
}
