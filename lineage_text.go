package dagster

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// ids are short names of the assets that need no quotes anywhere.
func (l *Lineage) ids() map[string]string {
	out := make(map[string]string, len(l.Assets))
	for i := range l.Assets {
		out[l.Assets[i].Key] = "a" + strconv.Itoa(i)
	}
	return out
}

// mermaidText writes a label so that it is shown as it is: signs that mean something to Mermaid, or to the HTML that it
// makes, become its codes.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\"#;<>&`\\|{}()", r) || unicode.IsControl(r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// dotText is a quoted name: in it DOT knows no escape but that of the quote, and labels read backslashes.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
