package storage

// AssetRecord is what is known of one asset, whatever its partitions. It stays when events are deleted or purged.
type AssetRecord struct {
	Key string

	// Latest is the newest materialization of any partition; its ID is 0 if there is none.
	Latest Event

	// Failed is the newest failed attempt to materialize it, if it is newer than Latest: an event of kind
	// ASSET_FAILED_TO_MATERIALIZE or STEP_FAILURE that names the asset; its ID is 0 if there is none.
	Failed Event

	// Materializations counts all there ever were, purged or not.
	Materializations int64
}

// AssetFilter chooses assets; its zero value chooses all.
type AssetFilter struct {
	Prefix string // keys that start with it
	After  string // the last key of the page before
	Limit  int    // Defaults to 100; at most 1000, what is more counts as that.
}
