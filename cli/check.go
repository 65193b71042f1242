package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// checkOutcome is what a check came to. The strings are printed by --json and never change.
type checkOutcome string

const (
	checkPassed  checkOutcome = "PASSED"
	checkFailed  checkOutcome = "FAILED"
	checkWarning checkOutcome = "WARNING" // it did not pass, which is no error
	checkNotMade checkOutcome = "NOT_MADE"
)

// checkJSON is what one check came to in a run, as "run show --json" has it in a list.
type checkJSON struct {
	Check       string           `json:"check"`
	Asset       string           `json:"asset"`
	Partition   string           `json:"partition,omitempty"`
	Result      checkOutcome     `json:"result"`
	Blocking    bool             `json:"blocking,omitempty"`
	Description string           `json:"description,omitempty"`
	Metadata    []metadata.Entry `json:"metadata,omitempty"`
}

// blocks reports whether what needs the asset did not run because of it.
func (c *checkJSON) blocks() bool { return c.Blocking && c.Result == checkFailed }

// errUnsound is the error of a run of checks that itself went well.
var errUnsound = errors.New("a check did not pass")

// checkResults is what the events of a run say of checks.
type checkResults struct {
	planned []checkJSON // each check once
	made    []checkJSON
}

func (c *checkResults) add(e *storage.Event) {
	d, ok := e.Data.(*storage.CheckData)
	if !ok {
		return
	}
	one := checkJSON{Check: d.Check, Asset: e.Asset, Result: checkNotMade, Blocking: d.Blocking}
	if e.Kind == storage.AssetCheckPlanned {
		if !slices.ContainsFunc(c.planned, one.same) {
			c.planned = append(c.planned, one)
		}
		return
	}
	one.Partition, one.Result, one.Description, one.Metadata = e.Partition, outcome(d), d.Description, d.Metadata
	again := func(o checkJSON) bool { return one.same(o) && o.Partition == one.Partition }
	if i := slices.IndexFunc(c.made, again); i >= 0 { // it was made by another attempt
		c.made[i] = one
		return
	}
	c.made = append(c.made, one)
}

func (c *checkResults) addAll(events []storage.Event) {
	for i := range events {
		c.add(&events[i])
	}
}

func (c *checkJSON) same(o checkJSON) bool { return o.Check == c.Check && o.Asset == c.Asset }

func outcome(d *storage.CheckData) checkOutcome {
	switch {
	case d.Passed:
		return checkPassed
	case strings.EqualFold(d.Severity, "WARN"):
		return checkWarning
	}
	return checkFailed
}

// all are the checks that were made, in the order in which they were, and those that were not.
func (c *checkResults) all() []checkJSON {
	out := slices.Clone(c.made)
	for _, p := range c.planned {
		if !slices.ContainsFunc(c.made, p.same) {
			out = append(out, p)
		}
	}
	return out
}

func (c *checkResults) failed() bool {
	return slices.ContainsFunc(c.made, func(o checkJSON) bool { return o.Result == checkFailed })
}

// text says how many checks came to what, "" if there are none.
func (c *checkResults) text() string {
	all := c.all()
	var parts []string
	for _, p := range []struct {
		result checkOutcome
		one    string
		more   string
	}{
		{checkPassed, "passed", "passed"}, {checkFailed, "failed", "failed"}, {checkWarning, "warning", "warnings"}, {checkNotMade, "not made", "not made"},
	} {
		n := 0
		for i := range all {
			if all[i].Result == p.result {
				n++
			}
		}
		switch {
		case n == 1:
			parts = append(parts, "1 "+p.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, p.more))
		}
	}
	return strings.Join(parts, ", ")
}

// mostChecks is how many checks that did not pass a summary shows.
const mostChecks = 10

// checkLines say what came of the checks of a run, and what they have stopped of what was to run.
func (a *app) checkLines(c *checkResults, r *dagster.Repository, notRun []string) []string {
	text := c.text()
	if text == "" {
		return nil
	}
	lines := []string{"checks: " + text}
	shown := 0
	for _, one := range c.all() {
		if one.Result != checkFailed && one.Result != checkWarning {
			continue
		}
		if shown++; shown > mostChecks {
			continue
		}
		line := fmt.Sprintf("  %s %s of %s", a.style.paint(checkColor(one.Result), pad(strings.ToLower(string(one.Result)), len(checkWarning))),
			clean(one.Check), clean(one.Asset))
		if one.Partition != "" {
			line += ", " + clean(one.Partition)
		}
		if one.Description != "" {
			line += ": " + fold(one.Description)
		}
		lines = append(lines, line)
	}
	if shown > mostChecks {
		lines = append(lines, fmt.Sprintf("  and %d more", shown-mostChecks))
	}
	if stopped := blockedBy(c, r, notRun); len(stopped) > 0 {
		lines = append(lines, "blocked: "+some(stopped, mostChecks))
	}
	return lines
}

// notRun are the keys of the assets that a run was to make, and did not try to.
func notRun(res *dagster.Result) []string {
	var out []string
	for _, s := range res.Steps() {
		if s.Status == executor.StepNotRun {
			out = append(out, s.Assets...)
		}
	}
	return out
}

// blockedBy are those of the assets that did not run which need one that did not pass a blocking check.
func blockedBy(c *checkResults, r *dagster.Repository, notRun []string) []string {
	if r == nil || len(notRun) == 0 {
		return nil
	}
	below := make(map[string]bool)
	for i := range c.made {
		if !c.made[i].blocks() {
			continue
		}
		l, err := r.Lineage(c.made[i].Asset, 0, -1)
		if err != nil {
			continue // the program has another repository than when it ran
		}
		for k := range l.Assets {
			below[l.Assets[k].Key] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(notRun), func(key string) bool { return !below[key] })
}

func checkColor(c checkOutcome) color {
	switch c {
	case checkPassed:
		return green
	case checkFailed:
		return red
	case checkWarning:
		return yellow
	case checkNotMade:
	}
	return dim
}

// checkTable is a line for each check of a run.
func (a *app) checkTable(all []checkJSON) string {
	if len(all) == 0 {
		return ""
	}
	divided := slices.ContainsFunc(all, func(c checkJSON) bool { return c.Partition != "" })
	var t table
	head := []string{"CHECK", "ASSET", "RESULT", ""}
	if divided {
		head = slices.Insert(head, 2, "PARTITION")
	}
	t.head(head...)
	shown := 0
	for i := range all {
		c := &all[i]
		if len(all) > mostSteps && c.Result == checkPassed {
			continue
		}
		shown++
		result := span{string(c.Result), checkColor(c.Result)}
		if c.blocks() {
			result.text += ", blocks"
		}
		row := []span{{c.Check, plain}, {c.Asset, plain}, result, {fold(c.Description), plain}}
		if divided {
			row = slices.Insert(row, 2, span{c.Partition, plain})
		}
		t.add(row...)
	}
	text := ""
	if shown > 0 {
		text = "\n" + t.text(a.style)
	}
	if shown < len(all) {
		text += fmt.Sprintf("(and %s; --json lists all)\n", count(len(all)-shown, "passed check"))
	}
	return text
}
