package dagster

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// CheckSet is several checks of an asset that one function makes, in one step: see [NewChecks]. It is immutable, and safe for
// concurrent use.
type CheckSet struct{ of *check }

// NewChecks declares checks of an asset that one function makes at once: it returns the result of each by its name, and must
// return all of them and no other. They are a step of that name; each result is recorded by itself. [Blocking] holds for all,
// [BlockingOnly] for some. Otherwise they are like those of [NewCheck].
func NewChecks(name string, of AnyAsset, names []string, b Body[map[string]CheckResult], opts ...CheckOption) *CheckSet {
	c := &check{check: name, definition: definition{kind: "checks", name: name, at: here()}}
	c.definition.check(checkIdentifier(name))
	if len(names) == 0 {
		c.mistake("no names of checks")
	}
	for i, one := range names {
		c.definition.check(checkOfAsset(one))
		if slices.Contains(names[:i], one) {
			c.mistake("check %s: given twice", quote(one))
		}
		c.set = append(c.set, ownCheck{name: one, of: inputOf(of).asset})
	}
	c.declare(of, b, opts)
	c.setBlocking(c.blocking)
	return &CheckSet{of: c}
}

func (c *check) setBlocking(all bool) {
	for i := range c.set {
		c.set[i].blocking = all || c.set[i].blocking
		c.blocking = c.blocking || c.set[i].blocking
	}
}

// BlockingOnly is [Blocking] for some of the checks that [NewChecks] or [NewChecksOf] declares, by their names.
func BlockingOnly(names ...string) CheckOption {
	return checkOption(func(c *check) {
		for _, name := range names {
			found := false
			for i := range c.set {
				if c.set[i].name == name {
					c.set[i].blocking, found = true, true
				}
			}
			if !found {
				c.mistake("blocking: it has no check %s", quote(name))
			}
		}
	})
}

// Name is the name of the set, and of its step.
func (s *CheckSet) Name() string { return s.of.check }

// Asset is the key of the asset that the set checks, of several the first, "" if it has none.
func (s *CheckSet) Asset() string { return (&Check{of: s.of}).Asset() }

// Check is one check of the set, to ask for its results and for how it stands: of several assets the first one's of that
// name. One of another name checks nothing.
func (s *CheckSet) Check(name string) *Check {
	return s.check(name, func(o ownCheck) bool { return o.name == name })
}

// CheckOf is [CheckSet.Check] for one of several assets.
func (s *CheckSet) CheckOf(a AnyAsset, name string) *Check {
	of := inputOf(a).asset
	return s.check(name, func(o ownCheck) bool { return o.name == name && o.of == of })
}

func (s *CheckSet) check(name string, is func(o ownCheck) bool) *Check {
	i := slices.IndexFunc(s.of.set, is)
	if i < 0 || s.of.set[i].of == nil {
		return &Check{of: &check{check: name, definition: definition{kind: "check", name: name}, partOf: s.of}}
	}
	of := s.of.set[i].of
	c := &check{check: name, definition: definition{kind: "check", name: of.key + ":" + name}, asset: of, partOf: s.of}
	c.blocking = s.of.set[i].blocking
	return &Check{of: c}
}

func (s *CheckSet) define(to *catalog) {
	if s == nil {
		to.add(nil)
		return
	}
	to.listedChecks = append(to.listedChecks, s.of)
}

// results are the checks that the step makes.
func (c *check) results() []ownCheck {
	if c.set == nil {
		return []ownCheck{{name: c.check, blocking: c.blocking, of: c.asset}}
	}
	return c.set
}

// has reports whether the step makes a check of that name, or has it itself.
func (c *check) has(name string) bool {
	return c.check == name || slices.ContainsFunc(c.set, func(o ownCheck) bool { return o.name == name })
}

// keepChecks records what the checks of a set came to, also if some are missing.
func (r *runState) keepChecks(sc *scope, v any) executor.Outcome {
	k := sc.step.check
	results, err := k.resultsIn(v)
	if err != nil {
		return executor.Outcome{Err: err}
	}
	events := []storage.Event{{Kind: storage.StepOutput, Data: sc.step.output}}
	var errs, blocks []error
	for _, one := range k.set {
		key := CheckKey{one.of.key, one.name}
		result, there := results[key]
		if !there {
			errs = append(errs, fmt.Errorf("check %s of asset %s was not made", quote(one.name), quote(key.Asset)))
			continue
		}
		delete(results, key)
		_, entries := sc.saidOf(key.Asset)
		result.Metadata = mergeMetadata(result.Metadata, entries)
		result.Warn = result.Warn || k.warns && !result.Passed
		if err := result.checkMetadata(one.name); err != nil {
			errs = append(errs, err)
			continue
		}
		events = append(events, sc.evaluation(key.Asset, result.data(one.name, one.blocking)))
		if result.blocks(one.blocking) {
			blocks = append(blocks, checkFailed(key.Asset, one.name, result))
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(results), CheckKey.compare) {
		errs = append(errs, fmt.Errorf("a result of check %s of asset %s, which is not one of %s", quote(key.Check), quote(key.Asset), quote(k.check)))
	}
	sc.emitAll(events...)
	if err := errors.Join(append(errs, blocks...)...); err != nil {
		return executor.Outcome{Err: executor.NoRetry(err)}
	}
	return executor.Outcome{}
}
