// Package dagster declares data assets as typed Go functions, runs them in the order their data flows, and records
// every run and every materialization in a store.
//
// An asset is something worth keeping: a table, a file, a model. [NewAsset] names one and says what computes it: a
// plain function with its inputs, adapted by [From], [From1] ... [From8]. Inputs are other assets, resources
// ([NewResource]), configuration ([NewConfig]) and constants, and the compiler checks that each fits the parameter it
// is wired to:
//
//	var orders = dagster.NewAsset("orders", dagster.From(readOrders))        // func(context.Context) ([]Order, error)
//	var revenue = dagster.NewAsset("revenue", dagster.From1(orders, total))  // func(context.Context, []Order) (int, error)
//	var shop = dagster.NewRepository("shop", orders, revenue)
//
// [NewSchedule] says when runs are requested, by a clock or by a function of yours.
//
// [Repository.Materialize] runs some or all of the assets, in a program or in a unit test; package cli makes a command
// line of a repository.
//
// # Handles
//
// A constructor returns a handle, which is immutable and safe for concurrent use; making one registers nothing. Options
// and values that hold for one run are given to that run, so runs of one handle may happen at the same time.
//
// # Mistakes
//
// Constructors never panic and return no error. A mistake that the compiler cannot see is kept with the line that made
// it; [Repository.Validate] reports all of them at once, each a [*DefinitionError].
package dagster

// Nothing is the value of what has no value: an asset whose body stores its own result. See [Do].
type Nothing struct{}

// Maybe is a value that may be absent. Its zero value is absent.
type Maybe[T any] struct {
	Value T
	OK    bool // whether Value is there
}

// Some returns a value that is there.
func Some[T any](v T) Maybe[T] { return Maybe[T]{Value: v, OK: true} }

// A Definition is what a repository lists: assets, jobs, schedules, [Defs], [External], [Defaults], replacements and config
// values.
// Only this package makes definitions.
type Definition interface{ define(*catalog) }

// Defs is a list of definitions and itself one: a package exports a Defs, a repository nests them.
type Defs []Definition

func (d Defs) define(c *catalog) { c.addList(d) }

// A Dependency is something that comes first: see [After]. Only this package makes dependencies.
type Dependency interface{ dependency() *input }

// An Input is a dependency whose value is a T: an asset, a resource, a config, a constant, and what [FanIn], [Field],
// [Optional] and [LoadedBy] make of them. Only this package makes inputs.
type Input[T any] interface {
	Dependency
	input(T)

	// read makes the value of what the input's leaves came to, in the order of input.leaves.
	read(leaves []any) (T, error)
}

// A Body computes a T: a function with its inputs, adapted by [From] ... [From8]. Only this package makes bodies.
type Body[T any] interface {
	body(T)
	core() *body
}
