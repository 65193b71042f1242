package storage

// AssetRecord is what is known of one asset, whatever its partitions.
type AssetRecord struct {
	Key string

	// Latest is the newest materialization of any partition; its ID is 0 if there is none.
	Latest Event

	// Failed is the newest failed attempt to materialize it (the step failed in Failed.Run), if it is newer than Latest.
	Failed Event

	// Materializations counts all there ever were, purged or not.
	Materializations int64
}

// AssetFilter chooses assets; its zero value chooses all.
type AssetFilter struct {
	Prefix string // keys that start with it
	After  string // the last key of the page before
	Limit  int    // Defaults to 100; at most 1000.
}
