package conformance

// Plan returns the ids of the cases that [Each] would run, with their fields, and what it would log.
func Plan[C any](f *File, rules ...Rule[C]) (ids []string, fields []C, notes []string, err error) {
	run, notes, err := plan(f, rules)
	for _, c := range run {
		ids = append(ids, c.id)
		fields = append(fields, c.fields)
	}
	return ids, fields, notes, err
}
