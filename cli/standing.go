package cli

import (
	"fmt"
	"strings"

	"github.com/dagster-go/dagster"
)

func partitionCounts(p *dagster.PartitionTally) string {
	if p == nil {
		return ""
	}
	var parts []string
	for _, one := range []struct {
		n    int
		what string
	}{{p.Materialized, "made"}, {p.Missing, "missing"}, {p.Failed, "failed"}, {p.InProgress, "in progress"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.what))
		}
	}
	return strings.Join(parts, ", ")
}

// checkCounts says what the checks of an asset came to.
func checkCounts(checks []dagster.CheckStatus) span {
	var passed, failed, warned, none int
	for i := range checks {
		switch last := checks[i].Last; {
		case last == nil:
			none++
		case last.Passed:
			passed++
		case last.Warn:
			warned++
		default:
			failed++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{passed, "passed"}, {failed, "failed"}, {warned, "warned"}, {none, "not made"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	out := span{strings.Join(parts, ", "), plain}
	switch {
	case failed > 0:
		out.color = red
	case warned > 0:
		out.color = yellow
	}
	return out
}

// mostReasons is how many reasons are told of one asset.
const mostReasons = 5

// reasons are what is behind the status of an asset, in words.
func reasons(s *standingJSON) []string {
	var out []string
	if f := s.Failed; f != nil {
		text := "failed"
		if f.Partition != "" {
			text += " in partition " + clean(f.Partition)
		}
		out = append(out, text+": "+fold(f.Error))
	}
	for i := range s.Causes {
		if i == mostReasons {
			out = append(out, fmt.Sprintf("and %s more", count(len(s.Causes)-i, "reason")))
			break
		}
		out = append(out, causeText(&s.Causes[i]))
	}
	if f := s.Freshness; f != nil && f.State != dagster.FreshnessPass {
		out = append(out, "should be "+policyText(s.Policy))
	}
	for i := range s.Checks {
		if c := &s.Checks[i]; c.Last != nil && !c.Last.Passed {
			out = append(out, checkText(c))
		}
	}
	return out
}

func causeText(c *dagster.StaleCause) string {
	text := fold(c.Reason)
	dependency := clean(c.Dependency)
	if c.DependencyPartition != "" {
		dependency += ", partition " + clean(c.DependencyPartition)
	}
	if dependency == "" || strings.HasSuffix(text, dependency) {
		return text
	}
	return text + ": " + dependency
}

func checkText(c *dagster.CheckStatus) string {
	text := "check " + clean(c.Name) + " did not pass"
	switch {
	case c.Last.Warn:
		text = "check " + clean(c.Name) + " warns"
	case c.Blocking:
		text += " and blocks"
	}
	if c.Last.Partition != "" {
		text += " in partition " + clean(c.Last.Partition)
	}
	if c.Last.Description != "" {
		text += ": " + fold(c.Last.Description)
	}
	if c.Last.Old {
		text += " (before it was last made)"
	}
	return text
}
