// Package nearest guesses which of some known names was meant by one that is not among them.
package nearest

import "strings"

const (
	most    = 3  // changes beyond which a guess is a riddle
	longest = 60 // bytes of a name that is compared at all
)

// Name returns the known name that differs least from the one given, whatever the case of either, or "" if none is near:
// a third of the name may differ, by up to three bytes. Of several the first is taken.
func Name(name string, known []string) string {
	if len(name) > longest {
		return ""
	}
	lower, best, found := strings.ToLower(name), min(most, len(name)/3+1)+1, ""
	for _, k := range known {
		if len(k)-len(name) >= best || len(name)-len(k) >= best {
			continue
		}
		if d := distance(lower, strings.ToLower(k)); d < best && d < len(k) && d < len(name) {
			best, found = d, k
		}
	}
	return found
}

// distance is how many bytes have to be inserted, removed or replaced to make b from a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
