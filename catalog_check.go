package dagster

import (
	"fmt"
	"slices"
)

// addChecks gives every listed check its place at its asset.
func (c *catalog) addChecks() {
	c.checks = make(map[*asset][]*check)
	steps := make(map[string]*definition, len(c.assets))
	for i := range c.assets {
		a := c.assets[i].asset
		steps[a.stepName()] = &a.definition
		for _, own := range c.assets[i].spec.checks {
			steps[a.step+"_"+own.name] = &a.definition
		}
	}
	seen := make(map[*check]bool)
	for _, k := range c.listedChecks {
		if seen[k] {
			continue
		}
		seen[k] = true
		c.report(&k.definition)
		if k.asset == nil || len(k.mistakes) > 0 {
			continue
		}
		if !c.hasChecked(k) {
			continue
		}
		if other, ok := steps[k.step()]; ok {
			c.wrong = append(c.wrong, k.wrong(fmt.Errorf("its step would be named %s like that of %s %s, declared at %s", quote(k.step()), other.kind, quote(other.name), other.place())))
			continue
		}
		steps[k.step()] = &k.definition
		if c.sameNames(k, steps) {
			continue
		}
		k.of(func(a *asset) { c.checks[a] = append(c.checks[a], k) })
		c.checkList = append(c.checkList, k)
	}
	for _, k := range c.checkList {
		c.checkReadsOfCheck(k)
	}
}

// hasChecked reports whether what is checked is in the repository, and partitioned alike; what is not is a mistake.
func (c *catalog) hasChecked(k *check) bool {
	ok := true
	k.of(func(a *asset) {
		if i, listed := c.index[a.key]; !listed || c.assets[i].asset != a {
			ok = false
			c.wrong = append(c.wrong, k.wrong(fmt.Errorf("it checks %s %s, declared at %s, which is not in the repository: list it, or say External of it", a.kind, quote(a.key), a.place())))
		}
	})
	if !ok {
		return false
	}
	for _, a := range k.others {
		if !c.divisionOf(a).definitionOf().Equal(c.divisionOf(k.asset).definitionOf()) {
			ok = false
			c.wrong = append(c.wrong, k.wrong(fmt.Errorf("it checks assets %s and %s, which are partitioned in different ways", quote(k.asset.key), quote(a.key))))
		}
	}
	return ok
}

// sameNames notes the checks of a set, and reports those whose names others of the asset have.
func (c *catalog) sameNames(k *check, steps map[string]*definition) (found bool) {
	for _, one := range k.set {
		step := one.of.step + "_" + one.name
		if other, ok := steps[step]; ok {
			c.wrong = append(c.wrong, k.wrong(fmt.Errorf("check %s: there is %s %s, declared at %s", quote(one.name), other.kind, quote(other.name), other.place())))
			found = true
		}
		steps[step] = &k.definition
	}
	return found
}

// checkReadsOfCheck reports what a check needs and can't have.
func (c *catalog) checkReadsOfCheck(k *check) {
	c.checkReadsOf(&k.definition, k.leaves, c.divisionOf(k.asset).definitionOf(), false)
	var missing []*asset
	k.reads(func(a *asset) {
		i, ok := c.index[a.key]
		switch {
		case slices.Contains(missing, a):
		case !ok || c.assets[i].asset != a:
			missing = append(missing, a)
			c.wrong = append(c.wrong, k.wrong(fmt.Errorf("it reads asset %s, declared at %s, which is not in the repository: list it, or say External of it", quote(a.key), a.place())))
		case k.blocking:
			k.of(func(blocked *asset) {
				if a != blocked && k.blocksAsset(blocked) && c.needs(i, c.index[blocked.key]) {
					missing = append(missing, a)
					c.wrong = append(c.wrong, k.wrong(fmt.Errorf("it blocks asset %s, which it reads: that needs %s", quote(a.key), quote(blocked.key))))
				}
			})
		}
	})
}

// needs reports whether an asset is made from another, by their indexes, or from what is.
func (c *catalog) needs(down, up int32) bool {
	seen := make(map[int32]bool)
	todo := []int32{down}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range c.up[at] {
			if u == up {
				return true
			}
			if !seen[u] {
				seen[u] = true
				todo = append(todo, u)
			}
		}
	}
	return false
}

// checksOf are the checks with steps of their own of some assets, by their indexes.
func (c *catalog) checksOf(selected []int32) []*check {
	if len(c.checks) == 0 {
		return nil
	}
	var out []*check
	for _, i := range selected {
		for _, k := range c.checks[c.assets[i].asset] {
			if len(k.others) == 0 || !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// withChecksOf adds the checks of some assets to others, in the order in which they were listed.
func (c *catalog) withChecksOf(checks []*check, selected []int32) []*check {
	of := c.checksOf(selected)
	var out []*check
	for _, k := range c.checkList {
		if slices.Contains(checks, k) || slices.Contains(of, k) {
			out = append(out, k)
		}
	}
	return out
}
