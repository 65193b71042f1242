package dagster

import (
	"reflect"

	"github.com/dagster-go/dagster/internal/schema"
)

// Case says what a field of the interface type I may hold, in this config: a value of the type of defaults, under a name.
// In run config that is an object with one name, {"from": {"folder": {"dir": "data"}}}. What is not said in it is taken
// from the config's value, if that is of the same case, or else from the case's defaults. Each type has its own Case; a
// pointer is one too.
func Case[I any](name string, defaults I) ConfigOption {
	return configCase{Interface: reflect.TypeFor[I](), Name: name, Value: defaults}
}

type configCase schema.Case

func (o configCase) applyConfig(c *config) { c.cases = append(c.cases, schema.Case(o)) }
