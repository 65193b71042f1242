package dagster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// decodeRunConfig lays run config over the values of the configs.
func decodeRunConfig(c *catalog, raw json.RawMessage, values map[*config]any) error {
	top, err := objectOf("run config", raw)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range sortedKeys(top) {
		if name != "config" {
			errs = append(errs, fmt.Errorf(`%s: unknown field; known here is "config"`, name))
		}
	}
	section, ok := top["config"]
	if !ok {
		return errors.Join(errs...)
	}
	configs, err := objectOf("config", section)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, name := range sortedKeys(configs) {
		path := "config." + name
		at := slices.IndexFunc(c.configs, func(cfg *config) bool { return cfg.name == name })
		if at < 0 {
			errs = append(errs, fmt.Errorf("%s: unknown config; the repository has %s", path, configNames(c)))
			continue
		}
		v, err := c.configs[at].decode(path, configs[name], values[c.configs[at]])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		values[c.configs[at]] = v
	}
	return errors.Join(errs...)
}

func objectOf(path string, raw json.RawMessage) (map[string]json.RawMessage, error) {
	var out map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%s: want a JSON object: %w", path, err)
	}
	if d.More() {
		return nil, fmt.Errorf("%s: more than one JSON value", path)
	}
	return out, nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func configNames(c *catalog) string {
	if len(c.configs) == 0 {
		return "none"
	}
	names := make([]string, len(c.configs))
	for i, cfg := range c.configs {
		names[i] = quote(cfg.name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// shownConfig is the config of a run as it is recorded: every value, secrets as references.
func shownConfig(c *catalog, values map[*config]any) (json.RawMessage, error) {
	if len(c.configs) == 0 {
		return nil, nil
	}
	out := make(map[string]json.RawMessage, len(c.configs))
	for _, cfg := range c.configs {
		shown, err := cfg.shown(values[cfg])
		if err != nil {
			return nil, fmt.Errorf("config %s: %w", quote(cfg.name), err)
		}
		out[cfg.name] = shown
	}
	return json.Marshal(map[string]any{"config": out})
}
