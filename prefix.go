package dagster

// KeyPrefix puts a prefix, of one part or of several joined by "/", before the key of an asset: "orders" becomes
// "sales/orders". A package that puts it into its [AssetOptions], and these behind each of its keys, has all of its assets
// below it, and says so once. Several prefixes add up, the first outermost: those of who calls a factory, then its own.
//
// The key is whole when the asset has been declared, so that its handle has one key wherever it is used: as an input, in
// [Select], outside of any repository. It is therefore no default of a list of definitions, and in [Defaults] a mistake. Given
// to a [NewMultiAsset] it holds for the parts that have none of their own; the name of its step stays.
func KeyPrefix(prefix string) AssetOption {
	return assetOption(func(a *asset) {
		switch {
		case prefix == "":
			a.mistake("key prefix: %w", errEmpty)
		case a.prefix == "":
			a.prefix = prefix
		default:
			a.prefix += "/" + prefix
		}
	})
}
