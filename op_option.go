package dagster

// After waits for others and takes no value: for bodies that read what another one wrote by themselves. What did not run
// because of a failure, or was skipped, has the same effect as for an input. Several After add up.
func After(d ...Dependency) WaitOption {
	return waitOption(func(def *definition, s *stepSpec) { s.after = append(s.after, waited(def, "after", d)...) })
}

// Finally waits for others like [After], and runs whatever they came to: for steps that clean up or tell somebody. What
// failed stays failed, and so does the run.
func Finally(d ...Dependency) WaitOption {
	return waitOption(func(def *definition, s *stepSpec) { s.finally = append(s.finally, waited(def, "finally", d)...) })
}

// WaitOption holds for an asset, an op, or a check.
type WaitOption interface {
	StoreOption
	CheckOption
}

type waitOption func(d *definition, s *stepSpec)

func (o waitOption) applyAsset(a *asset) { o(&a.definition, &a.spec.stepSpec) }
func (o waitOption) applyOp(p *op)       { o(&p.definition, &p.spec) }
func (o waitOption) applyCheck(c *check) { o(&c.definition, &c.spec) }

func waited(def *definition, what string, d []Dependency) []*input {
	out := make([]*input, 0, len(d))
	for _, one := range d {
		in := inputOf(one)
		if in.kind == readsNil {
			def.mistake("%s: %w", what, errNil)
			continue
		}
		in.walk(func(leaf *input, _ leafUse) {
			switch leaf.kind {
			case readsAsset:
			case readsOutput, collects:
				if def.kind != "op" && def.kind != "graph" {
					def.mistake("%s: an output of a graph belongs to that graph", what)
				}
			case readsResource, readsConfig, readsConst, joins, may, derives, branches, readsElement, readsOwn, readsNil:
				def.mistake("%s: only an asset, or what an op makes, can be waited for", what)
			}
		})
		out = append(out, in)
	}
	return out
}

// Durable keeps the values of ops by the instance's IO manager, so that another process can re-execute a part of the run.
// Without it they are kept in memory, as they are, as long as the run's [Result].
func Durable() DurableOption { return durable{} }

// DurableOption holds for an op, a graph or a job.
type DurableOption interface {
	OpOption
	JobOption
}

type durable struct{}

func (durable) applyOp(o *op)   { o.spec.durable = true }
func (durable) applyJob(j *job) { j.steps.durable = true }

// Pool names the pool of slots that a step takes one of while it runs, across runs. Pools have limits of an instance; in
// an instance without any, steps run as they come.
func Pool(name string) StepOption {
	return stepOption(func(d *definition, s *stepSpec) {
		s.set.once(d, optPool, "pool")
		s.pool = name
		d.check(checkName(name))
	})
}

// storedAs is the option made by StoredAs.
type storedAs struct {
	codec   *codec
	missing bool
}

func (o storedAs) applyAsset(a *asset) {
	if a.spec.set.has(optStoredAs) {
		a.mistake("stored as: given twice")
	}
	a.codec = o.check(&a.definition, &a.spec.stepSpec, a.codec)
}

func (o storedAs) applyOp(p *op) {
	if p.typ == nil {
		p.mistake("stored as: a codec is for one type, and so for an op's own options")
		return
	}
	p.codec = o.check(&p.definition, &p.spec, p.codec)
}

func (o storedAs) check(d *definition, s *stepSpec, was *codec) *codec {
	s.set |= optStoredAs
	if o.missing {
		d.mistake("stored as: nil function")
	}
	if was != nil && o.codec.typ != was.typ {
		d.mistake("stored as: the codec is for %s, the %s is a %s", typeName(o.codec.typ), d.kind, typeName(was.typ))
	}
	return o.codec
}
