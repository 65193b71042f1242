package week

// The ops by which tests look into a run, or stand in for a part of it.
var (
	FetchDayOp = fetchDay
	MergeOp    = merge
	MeasureOp  = measure
	RegionsOp  = sumRegion
)
