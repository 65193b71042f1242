package dagster

import (
	"encoding/json"
	"fmt"
	"slices"
)

// shownConfig is the config of a run as it is recorded: every value that its steps have or that the run was given, secrets
// as references. Given to
// another run as run config, it means the same there.
func (r *runState) shownConfig() (json.RawMessage, error) {
	if len(r.catalog.configs) == 0 {
		return nil, nil
	}
	out := make(map[string]any, 2)
	used := r.plan.configs(r.options.replaced)
	for _, cfg := range r.options.said {
		if !slices.Contains(used, cfg) {
			used = append(used, cfg)
		}
	}
	if len(used) == 0 && len(r.again.run.Config) == 0 {
		return nil, nil
	}
	shown, err := shownValues(used, func(cfg *config) (any, bool) { return r.options.config[cfg], true })
	if err != nil {
		return nil, err
	}
	out["config"] = shown
	ops := make(map[string]any, len(r.options.stepConfig))
	for i, own := range r.options.stepConfig {
		s := &r.plan.steps[i]
		configs := s.configs()
		shown, err := shownValues(configs, func(cfg *config) (any, bool) { v, ok := own[cfg]; return v, ok })
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", quote(s.key), err)
		}
		if len(shown) == 0 { // only its hooks have configs of their own
			continue
		}
		if len(configs) == 1 {
			ops[s.key] = map[string]any{"config": shown[configs[0].name]}
			continue
		}
		ops[s.key] = map[string]any{"config": shown}
	}
	past, err := recordedConfig(r.again.run.Config)
	if err != nil {
		return nil, err
	}
	keepOthers(shown, past.Config)
	for step, said := range past.Ops {
		if _, ok := ops[step]; !ok {
			ops[step] = said
		}
	}
	if len(ops) > 0 {
		out["ops"] = ops
	}
	return json.Marshal(out)
}

// recorded is the config of a run as its record has it.
type recorded struct {
	Config map[string]json.RawMessage `json:"config,omitempty"`
	Ops    map[string]json.RawMessage `json:"ops,omitempty"`
}

func recordedConfig(data json.RawMessage) (recorded, error) {
	var past recorded
	if len(data) == 0 {
		return past, nil
	}
	if err := json.Unmarshal(data, &past); err != nil {
		return past, fmt.Errorf("recorded run config: %w", err)
	}
	return past, nil
}

// saidOf reports whether the run that is re-executed had config of a step, which this run need not have.
func (a *reexecution) saidOf(step string) bool {
	if a == nil {
		return false
	}
	past, err := recordedConfig(a.run.Config)
	_, ok := past.Ops[step]
	return err == nil && ok
}

// keepOthers adds what an earlier run says of configs that this one does not use: a run that re-executes this one may.
func keepOthers(shown, past map[string]json.RawMessage) {
	for name, said := range past {
		if _, ok := shown[name]; !ok {
			shown[name] = said
		}
	}
}

// inherit takes over the config of the run that is re-executed, unless there is run config of the new run's own. What
// the new run sets goes before it, and what the repository no longer has is left out.
func (o *runOptions) inherit(c *catalog, data json.RawMessage) error {
	if len(o.raw) > 0 {
		return nil
	}
	past, err := recordedConfig(data)
	if err != nil {
		return err
	}
	known := make(map[string]json.RawMessage, len(past.Config))
	for _, cfg := range c.configs {
		said, ok := past.Config[cfg.name]
		if _, set := o.config[cfg]; ok && !set {
			known[cfg.name] = said
		}
	}
	past.Config = known
	if len(past.Config) == 0 && len(past.Ops) == 0 {
		return nil
	}
	text, err := json.Marshal(past)
	if err != nil {
		return fmt.Errorf("recorded run config: %w", err)
	}
	o.raw = append(o.raw, text)
	return nil
}

func shownValues(configs []*config, of func(cfg *config) (any, bool)) (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(configs))
	for _, cfg := range configs {
		v, ok := of(cfg)
		if !ok {
			continue
		}
		shown, err := cfg.shown(v)
		if err != nil {
			return nil, fmt.Errorf("config %s: %w", quote(cfg.name), err)
		}
		out[cfg.name] = shown
	}
	return out, nil
}
