package conformance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/partition"
)

type partitionMapping struct {
	Type             string                `json:"type"`
	StartOffset      int                   `json:"start_offset"`
	EndOffset        int                   `json:"end_offset"`
	AllowNonexistent bool                  `json:"allow_nonexistent"`
	Keys             []string              `json:"keys"`
	Table            map[string]oneOrMany  `json:"table"`
	Dimension        string                `json:"dimension"`
	Dims             map[string]dimMapping `json:"dims"`
}

type dimMapping struct {
	Dimension string           `json:"dimension"`
	Mapping   partitionMapping `json:"mapping"`
}

// oneOrMany is a key or a list of keys.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(src []byte) error {
	if src[0] == '[' {
		return json.Unmarshal(src, (*[]string)(o))
	}
	*o = make([]string, 1)
	return json.Unmarshal(src, &(*o)[0])
}

func (m partitionMapping) mapping() partition.Mapping {
	switch m.Type {
	case "time_window":
		tw := partition.Overlap(m.StartOffset, m.EndOffset)
		if m.AllowNonexistent {
			tw = tw.AllowMissing()
		}
		return tw
	case "all":
		return partition.All()
	case "last":
		return partition.Last()
	case "specific":
		return partition.Specific(m.Keys...)
	case "static":
		table := map[string][]string{}
		for key, list := range m.Table {
			table[key] = list
		}
		return partition.Table(table)
	case "multi_to_single":
		return partition.Dimensional(m.Dimension)
	case "multi":
		dims := map[string]partition.DimensionMapping{}
		for name, d := range m.Dims {
			dims[name] = partition.DimensionMapping{Dimension: d.Dimension, Mapping: d.Mapping.mapping()}
		}
		return partition.ByDimension(dims)
	}
	return partition.Identity()
}

type partitionMappingsCase struct {
	Up       *partitionDef    `json:"up"`
	Down     *partitionDef    `json:"down"`
	Mapping  partitionMapping `json:"mapping"`
	Dir      string           `json:"dir"`
	Keys     *[]string        `json:"keys"`
	Now      time.Time        `json:"now"`
	Result   []string         `json:"result"`
	Missing  []string         `json:"missing"`
	Valid    *bool            `json:"valid"`
	Error    bool             `json:"error"`
	Type     string           `json:"error_type"` // of Dagster's errors alone
	Disputed string           `json:"disputed"`

	Infer     bool   `json:"infer"`
	Inferred  string `json:"inferred"`
	Dimension string `json:"dimension"`
	Inner     string `json:"inner"`
}

func TestConformancePartitionMappings(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "partition_mappings", func(t *testing.T, c partitionMappingsCase) {
			t.Helper()

			up, down := c.Up.set(t, c.Now), c.Down.set(t, c.Now)
			if c.Infer {
				c.checkInferred(t, up.Definition(), down.Definition())
				return
			}
			link, err := c.Mapping.mapping().Link(up, down)
			switch {
			case c.Error && !c.ours():
				require.Error(t, err)
				return
			case err != nil && !c.ours() && (c.Disputed != "" || c.Valid != nil && !*c.Valid):
				return
			}
			require.NoError(t, err)
			got, missing := c.ask(t, link, up, down)
			if c.Disputed != "" {
				return
			}
			assert.ElementsMatch(t, c.Result, got)
			assert.ElementsMatch(t, c.Missing, missing)
		},
		conformance.Rule[partitionMappingsCase]{
			Why: "a specific key that does not exist is missing",
			Match: func(c partitionMappingsCase) bool {
				return c.Dir == "up" && c.Mapping.Type == "specific" && c.Up.Type == "static" &&
					slices.ContainsFunc(c.Result, func(key string) bool { return !slices.Contains(c.Up.Keys, key) })
			},
			Instead: func(c *partitionMappingsCase) {
				known := func(key string) bool { return slices.Contains(c.Up.Keys, key) }
				c.Missing = append(c.Missing, slices.DeleteFunc(slices.Clone(c.Result), known)...)
				c.Result = slices.DeleteFunc(slices.Clone(c.Result), func(key string) bool { return !known(key) })
			},
		},
	)
}

// ours reports whether Dagster refuses what we answer.
func (c partitionMappingsCase) ours() bool { return c.Error && c.Type != "" && c.Result != nil }

func (c partitionMappingsCase) ask(t *testing.T, link partition.Link, up, down partition.Set) (got, missing []string) {
	t.Helper()

	from := up
	if c.Dir == "up" {
		from = down
	}
	given := from.All()
	if c.Keys != nil {
		var err error
		given, err = from.Of(*c.Keys...)
		require.NoError(t, err)
	}
	if c.Dir == "down" {
		return slices.Collect(link.Down(given).Keys()), nil
	}
	found, lost := link.Up(given)
	return slices.Collect(found.Keys()), slices.Collect(lost.Keys())
}

func (c partitionMappingsCase) checkInferred(t *testing.T, up, down partition.Definition) {
	t.Helper()

	name := func(m partition.Mapping) string {
		word, _, _ := strings.Cut(m.String(), " ")
		return map[string]string{"identity": "identity", "all": "all", "overlap": "time_window", "dimension": "multi_to_single"}[word]
	}
	m := partition.Infer(up, down)
	assert.Equal(t, c.Inferred, name(m))
	if c.Dimension != "" {
		dimension, inner, err := partition.Matching("", up, down)
		require.NoError(t, err)
		assert.Equal(t, c.Dimension, dimension)
		assert.Equal(t, c.Inner, name(inner))
	}
	if c.Valid == nil && c.Inferred != "multi_to_single" {
		assert.NoError(t, m.Check(up, down))
	}
}
