package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// clean makes text of users safe to show: what a terminal would obey is written out.
func clean(s string) string {
	if !strings.ContainsFunc(s, obeyed) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if obeyed(r) {
			fmt.Fprintf(&b, `\x%02x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func obeyed(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// most is how many columns a message may take among others; "run show" has the whole.
const most = 300

// fold is text on one line: the first of its lines, and how many more there are.
func fold(s string) string {
	first, rest, more := strings.Cut(strings.TrimSpace(s), "\n")
	first = screen().Truncate(oneLine(first), most, "…")
	if !more {
		return first
	}
	return fmt.Sprintf("%s (+%s)", first, count(strings.Count(rest, "\n")+1, "line"))
}

// oneLine is all of the text, without what would break a line of a table.
func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\t", " ").Replace(clean(s)) }

// firstLine is the first line of a longer text.
func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return fold(first)
}

// indent puts every line of text under the others.
func indent(s string) string {
	const by = "  "
	return by + strings.ReplaceAll(strings.TrimRight(clean(s), "\n"), "\n", "\n"+by)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// took is a duration as people say it.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0ms"
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

// lasting is a duration that somebody has set: 1h, and not 1h0m0s.
func lasting(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// clock is a duration that is still running: it does not change its form from one moment to the next.
func clock(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.1fs", max(d, 0).Truncate(100*time.Millisecond).Seconds())
	}
	return took(d)
}

// ago is how long before now something was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd ago", int(d.Hours()/24))
	}
}

// local is a moment in the user's time zone.
func local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
