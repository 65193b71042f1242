package dagster

import (
	"errors"
	"fmt"

	"github.com/dagster-go/dagster/partition"
)

// linkKey is one reading of partitions: the same for all steps of one definition that read the same.
type linkKey struct {
	leaf     *input
	down     partition.Definition
	optional bool
}

// divide says that what is added next is an asset, and how that is divided.
func (b *planner) divide(a *asset) {
	b.division = b.catalog.divisionOf(a).definitionOf()
	if b.division.Kind() == partition.KindNone {
		return
	}
	name := a.kind + " " + quote(a.key)
	switch {
	case b.plan.division.Kind() == partition.KindNone:
		b.plan.division, b.plan.dividedBy = b.division, name
	case !b.plan.division.Equal(b.division) && b.plan.mixed == nil:
		b.plan.mixed = fmt.Errorf("%s and %s are partitioned in different ways: a run makes one kind of partitions", b.plan.dividedBy, name)
	}
}

// link is the number of the plan's link through which a leaf reads its asset, -1 if that is not partitioned.
func (b *planner) link(leaf *input, use leafUse) int32 {
	up := b.catalog.divisionOf(leaf.asset).definitionOf()
	if up.Kind() == partition.KindNone {
		return -1
	}
	key := linkKey{leaf, b.division, use.optional}
	at, ok := b.links[key]
	if !ok {
		at = int32(len(b.plan.links)) //nolint:gosec // far fewer than that
		b.links[key] = at
		by := ""
		if n := len(b.plan.steps); n > 0 {
			by = b.plan.steps[n-1].key
		}
		b.plan.links = append(b.plan.links, planLink{leaf: leaf, by: by, up: up, down: b.division, optional: use.optional})
	}
	return at
}

// checkDivision reports assets of a job that are partitioned in another way than the job or than each other.
func (c *catalog) checkDivision(j *job, selected []int32) error {
	by, name := j.partitions.definitionOf(), "the job"
	divided := false
	for _, i := range selected {
		a := c.assets[i].asset
		d := c.divisionOf(a).definitionOf()
		switch {
		case d.Kind() == partition.KindNone:
			continue
		case by.Kind() == partition.KindNone:
			by, name = d, "asset "+quote(a.key)
		case !by.Equal(d):
			return fmt.Errorf("%s and asset %s are partitioned in different ways", name, quote(a.key))
		}
		divided = true
	}
	switch {
	case divided:
		return nil
	case j.partitions != nil:
		return errors.New("none of its assets is partitioned")
	case j.configFor != nil:
		return errNotDivided
	}
	return nil
}

var errNotDivided = errors.New("partition config: the job is not partitioned")
