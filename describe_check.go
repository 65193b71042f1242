package dagster

import (
	"slices"

	"github.com/dagster-go/dagster/metadata"
)

// CheckInfo says what a repository knows of one check of an asset. It is a copy: changing it changes nothing.
type CheckInfo struct {
	Name        string           `json:"name"`
	Blocking    bool             `json:"blocking,omitempty"`
	Description string           `json:"description,omitempty"`
	Metadata    []metadata.Entry `json:"metadata,omitempty"`

	// Step is the key of the check's own step; empty if the asset's body reports the check.
	Step string `json:"step,omitempty"`

	File string `json:"file,omitempty"` // where it was declared
	Line int    `json:"line,omitempty"`
}

// describeChecks describes the checks of an asset: those that its body reports, then those of their own.
func (c *catalog) describeChecks(a *catalogAsset) []CheckInfo {
	own, others := a.spec.checks, c.checks[a.asset]
	if len(own)+len(others) == 0 {
		return nil
	}
	out := make([]CheckInfo, 0, len(own)+len(others))
	for _, k := range own {
		out = append(out, CheckInfo{Name: k.name, Blocking: k.blocking})
	}
	for _, k := range others {
		for _, one := range k.results() {
			if one.of != a.asset {
				continue
			}
			info := CheckInfo{Name: one.name, Blocking: one.blocking, Description: k.spec.description, Metadata: slices.Clone(k.spec.metadata), Step: k.step()}
			info.File, info.Line = k.at.line()
			out = append(out, info)
		}
	}
	return out
}
