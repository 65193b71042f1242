package dagster

import (
	"fmt"
	"reflect"

	"github.com/dagster-go/dagster/metadata"
)

// Resource is something that bodies use and that is opened and closed for them: a database, a client, a clock. As an
// input it is the opened value. It is immutable, and safe for concurrent use.
//
// It is opened when the first step that takes it starts, at most once per run, and closed after the run's last step, in
// reverse order of opening; also after a panic or a cancel. With [Shared] it is opened once per process.
type Resource[R any] struct {
	typed[R]
	core *resource
}

// resource is a resource without its type.
type resource struct {
	definition
	typ   reflect.Type
	body  *body
	close func(any) error // nil: nothing to close

	set         optionSet
	description string
	tags        map[string]string
	metadata    []metadata.Entry

	// process is the opened value of a shared resource.
	process *cell
}

// NewResource declares a resource that open makes; its inputs are configs, constants and other resources. The function
// that closes it may be nil.
func NewResource[R any](name string, open Body[R], closeFn func(R) error, opts ...ResourceOption) *Resource[R] {
	r := &resource{definition: definition{kind: "resource", name: name, at: here()}, typ: reflect.TypeFor[R]()}
	r.check(checkName(name))
	r.setBody(&r.body, open)
	if r.body != nil {
		r.checkInputs()
	}
	if closeFn != nil {
		r.close = func(v any) error {
			t, err := leafValue[R]([]any{v})
			if err != nil {
				return err
			}
			return closeFn(t)
		}
	}
	for _, o := range opts {
		if o == nil {
			r.mistake("nil option")
			continue
		}
		o.applyResource(r)
	}
	r.process = newCell()
	return &Resource[R]{core: r}
}

func (r *resource) checkInputs() {
	if r.body.skips {
		r.mistake("a resource cannot be skipped")
	}
	if r.body.graph != nil {
		r.mistake("a graph cannot open a resource")
	}
	for i, in := range r.body.inputs {
		in.walk(func(leaf *input, _ leafUse) {
			if leaf.kind == readsAsset {
				r.mistake("input %d: asset %s: a resource takes configs, constants and other resources", i+1, quote(leaf.asset.key))
			}
		})
	}
}

// needs calls visit for each leaf that the resource takes.
func (r *resource) needs(visit func(leaf *input)) {
	if r.body == nil {
		return
	}
	for _, in := range r.body.inputs {
		in.walk(func(leaf *input, _ leafUse) { visit(leaf) })
	}
}

func (r *Resource[R]) dependency() *input {
	if r == nil {
		return nil
	}
	return &input{kind: readsResource, resource: r.core}
}

func (r *Resource[R]) read(leaves []any) (R, error) { return leafValue[R](leaves) }

// Replacement puts a value in the place of a resource: as an option for one run, or for every run of a job, and for a
// whole repository as one of its definitions. The value is used as it is: it is neither opened nor closed.
type Replacement struct {
	target *resource
	value  any
	at     site
}

// Replace puts v in the place of the resource.
func (r *Resource[R]) Replace(v R) Replacement {
	if r == nil {
		return Replacement{at: here()}
	}
	return Replacement{target: r.core, value: v, at: here()}
}

func (r Replacement) define(c *catalog) { c.replace(r) }

func (r Replacement) applyJob(j *job) {
	if r.target == nil {
		j.mistake("replace resource: %w", errNil)
		return
	}
	j.replaced = append(j.replaced, r)
}

func (r Replacement) applyRun(o *runOptions) {
	if r.target == nil {
		o.mistake(fmt.Errorf("replace resource: %w", errNil))
		return
	}
	o.replaced[r.target] = r.value
}
