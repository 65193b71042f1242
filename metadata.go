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

// few entries are looked through faster than an index of them is kept.
const few = 32

// entries are metadata that is added bit by bit, each key once.
type entries struct {
	list []metadata.Entry
	at   map[string]int // where a key is in the list; nil for few
}

func (e *entries) add(more []metadata.Entry) {
	if len(e.list)+len(more) <= few {
		e.list = mergeMetadata(e.list, more)
		return
	}
	if e.at == nil {
		e.at = make(map[string]int)
		for i := range e.list {
			e.at[e.list[i].Key] = i
		}
	}
	for _, m := range more {
		if i, ok := e.at[m.Key]; ok {
			e.list[i] = m
			continue
		}
		e.at[m.Key] = len(e.list)
		e.list = append(e.list, m)
	}
}
