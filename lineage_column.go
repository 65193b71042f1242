package dagster

import (
	"context"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/metadata"
)

// ColumnEdge says that one column is made from another.
type ColumnEdge struct {
	From metadata.ColumnOf `json:"from"`
	To   metadata.ColumnOf `json:"to"`
}

// ColumnLineage returns what a column of an asset is made from, then what that is made from, and so on, as
// [metadata.ColumnLineage] of what was last stored says, or that of the definition if nothing was. It is empty for a column that is made from no
// other; one that the metadata of its asset does not have is an error.
func (r *Repository) ColumnLineage(ctx context.Context, in *Instance, asset, column string) ([]ColumnEdge, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	if _, err := c.named(asset); err != nil {
		return nil, err
	}
	start := metadata.ColumnOf{Asset: asset, Column: column}
	todo := []metadata.ColumnOf{start}
	seen := map[metadata.ColumnOf]bool{start: true}
	known := make(map[string]map[string][]metadata.ColumnOf)
	out := []ColumnEdge{}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		columns, ok := known[at.Asset]
		if !ok {
			if columns, err = c.columnsOf(ctx, in, at.Asset); err != nil {
				return nil, err
			}
			known[at.Asset] = columns
		}
		from, ok := columns[at.Column]
		if !ok && at == start {
			return nil, fmt.Errorf("column %s of asset %s: no metadata says what it is made from", quote(column), quote(asset))
		}
		for _, source := range from {
			out = append(out, ColumnEdge{From: source, To: at})
			if !seen[source] {
				seen[source] = true
				todo = append(todo, source)
			}
		}
	}
	return out, nil
}

// columnsOf is what the metadata of an asset says of its columns; nothing of an asset that the repository does not have.
func (c *catalog) columnsOf(ctx context.Context, in *Instance, key string) (map[string][]metadata.ColumnOf, error) {
	i, ok := c.index[key]
	if !ok {
		return nil, nil
	}
	entries := c.assets[i].spec.metadata
	page, err := in.History(ctx, key, HistoryFilter{Kinds: materializations(), Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(page) > 0 {
		entries = mergeMetadata(slices.Clone(entries), entriesOf(&page[0]))
	}
	out := make(map[string][]metadata.ColumnOf)
	for _, e := range entries {
		if v, ok := e.Value.(metadata.LineageValue); ok {
			for _, column := range v.Columns {
				out[column.Column] = column.From
			}
		}
	}
	return out, nil
}
