package selection

// nearest is the known key that differs least from the one given, "" if none is near.
func nearest(key string, known []string) string {
	const most = 3 // changes beyond which a guess is a riddle
	best, found := most+1, ""
	for _, k := range known {
		if d := distance(key, k, best); d < best {
			best, found = d, k
		}
	}
	if best > most || best >= len(key) {
		return ""
	}
	return found
}

// distance is the number of bytes to insert, delete or replace between a and b, or limit if it is at least that.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
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
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
