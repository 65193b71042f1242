package cli

import (
	"fmt"
	"strings"

	"github.com/dagster-go/dagster"
)

// mermaid is a job as a Mermaid flowchart: nested graphs are subgraphs, mapped steps have two frames.
func mermaid(job *dagster.JobInfo) string {
	t := newTree(job)
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := make(map[string]string, len(job.Steps))
	var open []string
	graphs := 0
	for i := range job.Steps {
		s := &job.Steps[i]
		around, name := t.path(s)
		heads := newHeads(around, open)
		for range len(open) - (len(around) - len(heads)) {
			open = open[:len(open)-1]
			fmt.Fprintf(&b, "%send\n", deep(len(open)))
		}
		for _, head := range heads {
			short := strings.TrimSuffix(head, ".")
			short = short[strings.LastIndexByte(short, '.')+1:]
			fmt.Fprintf(&b, "%ssubgraph g%d[\"%s\"]\n", deep(len(open)), graphs, mermaidText(short))
			open = append(open, head)
			graphs++
		}
		ids[s.Key] = fmt.Sprintf("s%d", i)
		frame := "[\"%s\"]"
		if s.IsMapped() {
			frame, name = "[[\"%s\"]]", name+unknownKeys
		}
		fmt.Fprintf(&b, "%s%s"+frame+"\n", deep(len(open)), ids[s.Key], mermaidText(name))
	}
	for len(open) > 0 {
		open = open[:len(open)-1]
		fmt.Fprintf(&b, "%send\n", deep(len(open)))
	}
	for i := range job.Steps {
		for _, w := range job.Steps[i].Waits {
			fmt.Fprintf(&b, "  %s %s s%d\n", ids[w.Step], arrow(w), i)
		}
	}
	return b.String()
}

func deep(n int) string { return strings.Repeat("  ", n+1) }

// arrow is the edge of what a step waits for: dotted if no value is passed.
func arrow(w dagster.StepWait) string {
	line := "-->"
	var labels []string
	switch {
	case w.Kind == dagster.WaitOrder:
		line = "-.->"
	case w.Kind == dagster.WaitEnd:
		line, labels = "-.->", append(labels, "finally")
	case w.Each:
		labels = append(labels, "each")
	case w.All:
		labels = append(labels, "all")
	}
	if w.Optional {
		labels = append(labels, "if any")
	}
	if len(labels) == 0 {
		return line
	}
	return line + "|" + strings.Join(labels, ", ") + "|"
}

// mermaidText writes a label so that it is shown as it is: signs that mean something to Mermaid, or to the HTML that it
// makes, become its codes.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		if strings.ContainsRune("\"#;<>&`\\|{}()", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
