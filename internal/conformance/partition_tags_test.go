package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/dagster-go/dagster/internal/conformance"
	"github.com/dagster-go/dagster/partition"
)

// Keys of partitions are part of the file about names.
func TestConformancePartitionKeys(t *testing.T) {
	t.Parallel()

	ask := map[string]func(c nameCase) error{
		"partition_key": func(c nameCase) error {
			_, err := partition.Static(c.text())
			return err
		},
		"partition_keys": func(c nameCase) error {
			_, err := partition.Static(c.list()...)
			return err
		},
		"dynamic_partition": func(c nameCase) error {
			_, err := partition.NewSnapshot(map[string][]string{"d": {c.text()}})
			return err
		},
	}
	conformance.Each(
		t, "tags_validation", func(t *testing.T, c nameCase) {
			t.Helper()

			err := ask[c.Kind](c)
			assert.Equal(t, c.OK, err == nil, "%s %s: %v", c.Kind, c.Value, err)
		},
		conformance.Rule[nameCase]{
			Why:   "names of other things",
			Match: func(c nameCase) bool { return ask[c.Kind] == nil },
		},
	)
}
