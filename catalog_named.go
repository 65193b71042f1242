package dagster

import (
	"fmt"

	"github.com/dagster-go/dagster/internal/nearest"
)

// named is the index of the asset of that key; the error for none names one that may have been meant.
func (c *catalog) named(key string) (int32, error) {
	if i, ok := c.index[key]; ok {
		return i, nil
	}
	keys := make([]string, len(c.assets))
	for i := range c.assets {
		keys[i] = c.assets[i].key
	}
	if near := nearest.Name(key, keys); near != "" {
		return 0, fmt.Errorf("unknown asset %s; is it %s?", quote(key), quote(near))
	}
	return 0, fmt.Errorf("unknown asset %s; the repository has %d", quote(key), len(c.assets))
}
