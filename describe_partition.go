package dagster

import (
	"github.com/dagster-go/dagster/partition"
)

// PartitionsInfo says how something is divided. It is a copy: changing it changes nothing.
type PartitionsInfo struct {
	Kind       partition.Kind       `json:"kind"`
	Name       string               `json:"name,omitempty"`       // of dynamic partitions
	Dimensions []string             `json:"dimensions,omitempty"` // names, in the order of the parts of a key
	SingleRun  bool                 `json:"single_run,omitempty"` // all partitions of a run are made at once
	Definition partition.Definition `json:"-"`
}

func describePartitions(d partition.Definition, atOnce bool) *PartitionsInfo {
	if d.Kind() == partition.KindNone {
		return nil
	}
	info := &PartitionsInfo{Kind: d.Kind(), Name: d.Name(), SingleRun: atOnce, Definition: d}
	for _, d := range d.Dimensions() {
		info.Dimensions = append(info.Dimensions, d.Name)
	}
	return info
}
