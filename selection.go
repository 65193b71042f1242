package dagster

import (
	"slices"
	"strings"

	"github.com/dagster-go/dagster/internal/selection"
	"github.com/dagster-go/dagster/partition"
)

// Selection says which assets, in Dagster's language; a string constant converts by itself.
//
//   - all that the repository makes
//     revenue                      the asset of that key, which must be there
//     revenue+  ++revenue  *sales  it and one level below, two levels above, all above
//     key:"raw/*"                  all keys like that, perhaps none; "*" stands for any signs
//     +key:revenue  key:revenue+2  all that it is made from, two levels of what is made from it
//     group:sales and not kind:csv
//     tag:tier="1" or owner:"team:data"
//     roots(group:sales)  sinks(*)
//
// Attributes are key, group, kind, owner, tag, partitions (time, static, dynamic, multipartitions, none) and is (materializable,
// external). Where there is an instance to ask, status is one of fresh, stale, missing, materialized and failed. Those that need
// more than the repository, such as code_location and job, are read, but not known here: an error. "not" goes before "and", that before "or"; parentheses are as usual. A value with other signs than letters,
// digits, "_" and "/" is quoted.
//
// An asset made elsewhere can be selected, as a place to start from, but is left out at the end: it cannot be run. docs/selection.md
// has the whole language.
type Selection string

// Select is the selection of exactly these assets. It is an error where one of them is missing.
func Select(assets ...AnyAsset) Selection {
	var b strings.Builder
	for i, a := range assets {
		if i > 0 {
			b.WriteString(" or ")
		}
		if in := inputOf(a); in.kind == readsAsset {
			b.WriteString(selection.Exactly(in.asset.key))
		}
	}
	return Selection(b.String())
}

// find returns which assets are selected, also those made elsewhere.
func (c *catalog) find(sel Selection, in *selection.Graph) ([]int32, error) {
	parsed, err := selection.Parse(string(sel))
	if err != nil {
		return nil, err
	}
	set, err := parsed.Resolve(in)
	if err != nil {
		return nil, err
	}
	out := make([]int32, 0, set.Len())
	for i := range set.All() {
		out = append(out, int32(i)) //nolint:gosec // an index of an asset
	}
	return out, nil
}

// resolve returns the indexes of the selected assets that can be run, in topological order.
func (c *catalog) resolve(sel Selection) ([]int32, error) {
	chosen, err := c.find(sel, c.selectable())
	if err != nil {
		return nil, err
	}
	return c.completeParts(slices.DeleteFunc(chosen, func(i int32) bool { return c.assets[i].external })), nil
}

// completeParts selects the parts that are always made together with a selected one.
func (c *catalog) completeParts(chosen []int32) []int32 {
	var whole map[*multi]bool
	for _, i := range chosen {
		if p := c.assets[i].part; p != nil && !c.assets[i].external && !p.of.subsettable() {
			if whole == nil {
				whole = make(map[*multi]bool)
			}
			whole[p.of] = true
		}
	}
	if whole == nil {
		return chosen
	}
	for i := range c.assets {
		if p := c.assets[i].part; p != nil && whole[p.of] && !c.assets[i].external {
			chosen = append(chosen, int32(i))
		}
	}
	slices.Sort(chosen)
	return slices.Compact(chosen)
}

// selectionGraph is what selections are evaluated on.
func (c *catalog) selectionGraph() *selection.Graph {
	nodes := make([]selection.Node, len(c.assets))
	for i := range c.assets {
		a := &c.assets[i]
		nodes[i] = selection.Node{
			Key: a.key, Group: a.spec.group, Kinds: a.spec.kinds, Owners: a.spec.owners, Tags: a.spec.tags, External: a.external,
			Partitions: partitionsWord(c.divisionOf(a.asset).definitionOf().Kind()),
		}
		if nodes[i].Group == "" {
			nodes[i].Group = defaultGroup
		}
	}
	return selection.NewGraph(nodes, c.up, c.down)
}

// partitionsWord is how a selection asks for a kind of partitions. The words are Dagster's.
func partitionsWord(k partition.Kind) string {
	switch k {
	case partition.KindWindows:
		return "time"
	case partition.KindMulti:
		return "multipartitions"
	case partition.KindNone, partition.KindStatic, partition.KindDynamic:
	}
	return string(k)
}
