package dagster

import (
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/selection"
)

// Selection says which assets: a string constant converts by itself.
//
//	revenue             the asset of that key; any key may be written key:"revenue"
//	+revenue            it and all that it is made from
//	revenue+            it and all that is made from it
//	orders or revenue+  both
//	*                   all that the repository makes
//
// An asset made elsewhere is left out: it cannot be run.
type Selection string

// Select is the selection of exactly these assets.
func Select(assets ...AnyAsset) Selection {
	var b strings.Builder
	for i, a := range assets {
		if i > 0 {
			b.WriteString(" or ")
		}
		if in := inputOf(a); in.kind == readsAsset {
			b.WriteString(selection.Quote(in.asset.key))
		}
	}
	return Selection(b.String())
}

// resolve returns the indexes of the selected assets, in topological order.
func (c *catalog) resolve(sel Selection) ([]int32, error) {
	in, err := c.resolveAll(sel)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(in, func(i int32) bool { return c.assets[i].external }), nil
}

// resolveAll is resolve with assets that are made elsewhere.
func (c *catalog) resolveAll(sel Selection) ([]int32, error) {
	parsed, err := selection.Parse(string(sel))
	if err != nil {
		return nil, err
	}
	graph := selection.Graph{Up: c.up, Down: c.down, Index: func(key string) (int, bool) {
		i, ok := c.index[key]
		return int(i), ok
	}}
	in, err := parsed.Resolve(string(sel), graph, c.keys)
	if err != nil {
		return nil, err
	}
	c.completeParts(in)
	out := make([]int32, 0, len(in))
	for i, yes := range in {
		if yes {
			out = append(out, int32(i))
		}
	}
	return out, nil
}

// completeParts selects the parts that are always made together with a selected one.
func (c *catalog) completeParts(in []bool) {
	var whole map[*multi]bool
	for i, yes := range in {
		if p := c.assets[i].part; yes && p != nil && !c.assets[i].external && !p.of.subsettable() {
			if whole == nil {
				whole = make(map[*multi]bool)
			}
			whole[p.of] = true
		}
	}
	for i := range in {
		if p := c.assets[i].part; p != nil && whole[p.of] {
			in[i] = true
		}
	}
}
