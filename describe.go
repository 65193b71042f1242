package dagster

import (
	"maps"
	"slices"
	"time"

	"github.com/dagster-go/dagster/metadata"
)

// AssetInfo says what a repository knows of one asset. It is a copy: changing it changes nothing.
type AssetInfo struct {
	Key         string            `json:"key"`
	Type        string            `json:"type"` // of its value, as Go writes it
	Group       string            `json:"group"`
	Kinds       []string          `json:"kinds,omitempty"`
	Owners      []string          `json:"owners,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Description string            `json:"description,omitempty"`
	CodeVersion string            `json:"code_version,omitempty"`
	Metadata    []metadata.Entry  `json:"metadata,omitempty"`

	// External is set for what is made elsewhere: a source, or another repository's.
	External bool `json:"external,omitempty"`

	// Virtual is set for a view of other assets: see [Virtual].
	Virtual bool `json:"virtual,omitempty"`

	Upstream   []string `json:"upstream,omitempty"` // keys that it needs, in the order of the repository's assets
	Downstream []string `json:"downstream,omitempty"`

	// Partitions say how the asset is divided; nil if it is not.
	Partitions *PartitionsInfo `json:"partitions,omitempty"`

	// Freshness says how fresh the asset should be; nil if nobody does.
	Freshness *FreshnessInfo `json:"freshness,omitempty"`

	// Checks are those that its body reports, then those that are steps of their own.
	Checks []CheckInfo `json:"checks,omitempty"`

	Resources []string `json:"resources,omitempty"` // names that its body takes
	Configs   []string `json:"configs,omitempty"`
	IOManager string   `json:"io_manager"`

	Retry   RetryPolicy   `json:"-"`
	Timeout time.Duration `json:"-"`

	// Code is where its code is: the line that declares it, by the path that the compiler saw, then what
	// [metadata.CodeReferences] says. It is found when it is asked for, and stored nowhere.
	Code []metadata.CodeReference `json:"code_references,omitempty"`

	File string `json:"file,omitempty"` // where it was declared
	Line int    `json:"line,omitempty"`
}

// defaultGroup is the group of what says nothing of it.
const defaultGroup = "default"

// Assets describes the repository's assets, each after those that it needs. It returns the error of
// [Repository.Validate] if the repository is wrong.
func (r *Repository) Assets() ([]AssetInfo, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	out := make([]AssetInfo, len(c.assets))
	for i := range c.assets {
		out[i] = c.describe(i)
	}
	return out, nil
}

// Selected returns the keys of the assets that a selection would run, each after those that it needs.
func (r *Repository) Selected(sel Selection) ([]string, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	selected, err := c.resolve(sel)
	if err != nil {
		return nil, err
	}
	return c.keysAt(selected), nil
}

// Matching returns the keys of all assets that a selection fits, also of those that are made elsewhere, which are then like
// all others; each after those that it needs.
func (r *Repository) Matching(sel Selection) ([]string, error) {
	c, err := r.compiled()
	if err != nil {
		return nil, err
	}
	found, err := c.find(sel, c.selectable().WithSources())
	if err != nil {
		return nil, err
	}
	return c.keysAt(found), nil
}

func (c *catalog) keysAt(indexes []int32) []string {
	keys := make([]string, len(indexes))
	for i, at := range indexes {
		keys[i] = c.assets[at].key
	}
	return keys
}

// sortedKeys are the keys of assets in the order of the repository's.
func (c *catalog) sortedKeys(indexes []int32) []string {
	if len(indexes) > 1 && !slices.IsSorted(indexes) {
		indexes = slices.Sorted(slices.Values(indexes))
	}
	return c.keysAt(indexes)
}

func (c *catalog) describe(i int) AssetInfo {
	a := &c.assets[i]
	info := AssetInfo{
		Key: a.key, Type: typeName(a.typ), Group: a.spec.group, Kinds: slices.Clone(a.spec.kinds), Owners: slices.Clone(a.spec.owners),
		Tags: maps.Clone(a.spec.tags), Description: a.spec.description, CodeVersion: a.spec.codeVersion,
		Metadata: slices.Clone(a.spec.metadata), Code: a.code(a.spec.metadata), External: a.external, Virtual: a.isView(), IOManager: managerName(a.spec.storedIn),
		Retry: a.spec.retry, Timeout: a.spec.timeout,
		Upstream: c.sortedKeys(c.up[i]), Downstream: c.sortedKeys(c.down[i]),
	}
	info.Freshness = describeFreshness(a.spec.freshness)
	info.Checks = c.describeChecks(a)
	if d := c.divisionOf(a.asset); d != nil {
		info.Partitions = describePartitions(d.def, a.makesAll(c.carrierOf(a.asset)))
	}
	if info.Group == "" {
		info.Group = defaultGroup
	}
	if len(info.Code) > 0 && a.at.n > 0 {
		info.File, info.Line = shortFile(info.Code[0].File), info.Code[0].Line
	}
	a.leaves(func(leaf *input, _ leafUse) {
		switch leaf.kind {
		case readsResource:
			info.Resources = addNew(info.Resources, leaf.resource.name)
		case readsConfig:
			info.Configs = addNew(info.Configs, leaf.config.name)
		case readsAsset, readsConst, joins, may, derives, branches, readsOutput, readsElement, collects, readsOwn, readsNil:
		}
	})
	return info
}
