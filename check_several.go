package dagster

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// CheckKey names a check of an asset.
type CheckKey struct {
	Asset string // its key
	Check string // its name
}

func (k CheckKey) compare(other CheckKey) int {
	return cmp.Or(cmp.Compare(k.Asset, other.Asset), cmp.Compare(k.Check, other.Check))
}

// AssetChecks names the checks of one of several assets: see [NewChecksOf].
type AssetChecks struct {
	Of    AnyAsset
	Names []string
}

// NewChecksOf is [NewChecks] for several assets: what its function returns is by asset and name. The step runs when any of the
// assets is made, after all of those that are, and then makes the checks of all. They are partitioned alike, or not at all. A
// check that blocks an asset must not be made from what needs that asset.
func NewChecksOf(name string, of []AssetChecks, b Body[map[CheckKey]CheckResult], opts ...CheckOption) *CheckSet {
	c := &check{check: name, definition: definition{kind: "checks", name: name, at: here()}, set: []ownCheck{}}
	c.definition.check(checkIdentifier(name))
	if len(of) == 0 {
		c.mistake("no checks")
	}
	for i := range of {
		c.addChecksOf(i+1, &of[i])
	}
	c.makeBy(b, opts)
	c.setBlocking(c.blocking)
	return &CheckSet{of: c}
}

func (c *check) addChecksOf(n int, of *AssetChecks) {
	in := inputOf(of.Of)
	switch {
	case in.kind != readsAsset:
		c.mistake("asset %d: %w", n, errNil)
		return
	case c.asset == nil:
		c.asset = in.asset
	case c.checks(in.asset):
		c.mistake("asset %s: given twice", quote(in.asset.key))
		return
	default:
		c.others = append(c.others, in.asset)
	}
	if len(of.Names) == 0 {
		c.mistake("asset %s: no names of checks", quote(in.asset.key))
	}
	for i, name := range of.Names {
		c.definition.check(checkOfAsset(name))
		if slices.Contains(of.Names[:i], name) {
			c.mistake("check %s of asset %s: given twice", quote(name), quote(in.asset.key))
		}
		c.set = append(c.set, ownCheck{name: name, of: in.asset})
	}
}

// resultsIn are the results that the function of a set has returned, as a map of its own.
func (c *check) resultsIn(v any) (map[CheckKey]CheckResult, error) {
	out := make(map[CheckKey]CheckResult, len(c.set))
	switch v := v.(type) {
	case map[string]CheckResult:
		for name, result := range v {
			out[CheckKey{c.asset.key, name}] = result
		}
	case map[CheckKey]CheckResult:
		maps.Copy(out, v)
	default:
		return nil, fmt.Errorf("%T where results of checks belong", v)
	}
	return out, nil
}
