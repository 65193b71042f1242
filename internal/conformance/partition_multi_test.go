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

// unpack decodes a JSON array into one value for each of its elements.
func unpack(src []byte, to ...any) error {
	var list []json.RawMessage
	if err := json.Unmarshal(src, &list); err != nil {
		return err
	}
	for i := range min(len(list), len(to)) {
		if err := json.Unmarshal(list[i], to[i]); err != nil {
			return err
		}
	}
	return nil
}

type multiPartitionsCase struct {
	Op       string        `json:"op"`
	Def      *partitionDef `json:"def"`
	Now      time.Time     `json:"now"`
	Error    bool          `json:"error"`
	Disputed string        `json:"disputed"`

	Order  []string          `json:"order"`
	Keys   []string          `json:"keys"`
	Count  int               `json:"count"`
	Key    string            `json:"key"`
	Dims   map[string]string `json:"dims"`
	Has    bool              `json:"has"`
	From   string            `json:"from"`
	To     string            `json:"to"`
	Result []string          `json:"result"`
	Tags   map[string]string `json:"tags"`
	Window [2]time.Time      `json:"window"`
	Dim    string            `json:"dim"`
	Value  string            `json:"value"`
}

func TestConformanceMultiPartitions(t *testing.T) {
	t.Parallel()

	conformance.Each(
		t, "multi_partitions", func(t *testing.T, c multiPartitionsCase) {
			t.Helper()

			got, err := c.ask(t)
			switch {
			case c.Disputed != "":
			case c.Error:
				assert.Error(t, err)
			default:
				require.NoError(t, err)
				assert.Equal(t, c.want(), got)
			}
		},
		conformance.Rule[multiPartitionsCase]{
			Why:     "there may be more than two dimensions",
			Match:   func(c multiPartitionsCase) bool { return c.Op == "define" && len(c.Def.Dims) > 2 && c.Error },
			Instead: func(c *multiPartitionsCase) { c.Error, c.Order = false, []string{"a", "b", "c"} },
		},
		conformance.Rule[multiPartitionsCase]{
			Why: "a value that its dimension does not have is in no key",
			Match: func(c multiPartitionsCase) bool {
				return c.Op == "dimension_value" && c.Value == "nope" && !c.Error
			},
			Instead: func(c *multiPartitionsCase) { c.Keys = nil },
		},
	)
}

// answer is what is compared of a case; a question fills some of it.
type answer struct {
	Order, Keys []string
	Count       int
	Key         string
	Dims, Tags  map[string]string
	Has         bool
	Window      [2]time.Time
}

func (c multiPartitionsCase) want() answer {
	switch c.Op {
	case "define":
		return answer{Order: c.Order}
	case "keys":
		return answer{Keys: slices.DeleteFunc(c.Keys, func(string) bool { return false }), Count: c.Count}
	case "parse":
		return answer{Dims: c.Dims}
	case "format":
		return answer{Key: c.Key}
	case "has":
		return answer{Has: c.Has}
	case "static":
		return answer{Count: c.Count}
	case "dynamic_add":
		return answer{Keys: c.Result}
	case "tags":
		return answer{Tags: c.Tags}
	case "window":
		return answer{Window: c.Window}
	}
	return answer{Keys: c.Keys}
}

func (c multiPartitionsCase) ask(t *testing.T) (answer, error) {
	t.Helper()

	switch c.Op {
	case "format":
		return answer{Key: partition.MultiKey(c.Dims)}, nil
	case "static":
		d, err := partition.Static(c.Keys...)
		return answer{Count: d.At(c.Now, nil).Count()}, err
	case "dynamic_add":
		s, err := partition.NewSnapshot(map[string][]string{"d": c.Keys})
		return answer{Keys: append([]string{}, s.Keys("d")...)}, err
	}
	def, err := c.Def.definition()
	if err != nil {
		return answer{}, err
	}
	switch c.Op {
	case "define":
		var order []string
		for _, dim := range def.Dimensions() {
			order = append(order, dim.Name)
		}
		return answer{Order: order}, nil
	case "parse":
		dims, err := def.Split(c.Key)
		return answer{Dims: dims}, err
	case "tags":
		tags, err := def.Tags(c.Key)
		return answer{Tags: tags}, err
	case "window":
		w, err := def.WindowOf(c.Key)
		return answer{Window: [2]time.Time{w.Start.UTC(), w.End.UTC()}}, err
	}
	return c.askSet(t, c.Def.set(t, c.Now))
}

func (c multiPartitionsCase) askSet(t *testing.T, s partition.Set) (answer, error) {
	t.Helper()

	list := func(s partition.Subset, err error) (answer, error) {
		keys := slices.Collect(s.Keys())
		if keys == nil && c.Keys != nil {
			keys = []string{}
		}
		assert.True(t, err != nil || s.Count() == len(keys))
		return answer{Keys: keys}, err
	}
	switch c.Op {
	case "keys":
		a, err := list(s.All(), nil)
		a.Count = s.Count()
		return a, err
	case "has":
		return answer{Has: s.Has(c.Key)}, nil
	case "dimension_value":
		return list(s.With(c.Dim, c.Value))
	}
	require.True(t, strings.HasSuffix(c.Op, "range"), c.Op)
	return list(s.Range(c.From, c.To))
}
