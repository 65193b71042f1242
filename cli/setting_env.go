package cli

import "encoding/json"

// variables puts the values of environment variables in the place of {env: NAME}, everywhere below the names of configs.
// A secret keeps the reference: its value is read when it is needed, and recorded nowhere.
type variables struct {
	lookup func(name string) (string, bool)
	wrong  []mistake
}

// run replaces the references in a run config.
func (v *variables) run(root *setting, want shape) {
	v.within(root.members["config"], want.member("config"), 1)
	v.ops(root.members["ops"], want.member("ops"))
}

// ops finds the config of single steps.
func (v *variables) ops(ops *setting, want shape) {
	if ops == nil || ops.kind != settingObject {
		return
	}
	for _, name := range ops.names {
		op, of := ops.members[name], want.member(name)
		if op.kind != settingObject {
			continue
		}
		v.within(op.members["config"], of.member("config"), 0)
		v.ops(op.members["ops"], of.member("ops"))
	}
}

// within replaces the references so many levels or more below a setting; nothing above can be one.
func (v *variables) within(s *setting, want shape, levels int) {
	if s == nil {
		return
	}
	for i, item := range s.items {
		s.items[i] = v.one(item, want.item(), levels-1)
	}
	for _, name := range s.names {
		s.members[name] = v.one(s.members[name], want.member(name), levels-1)
	}
}

func (v *variables) one(s *setting, want shape, levels int) *setting {
	name := s.variable()
	if name == "" || levels >= 0 || want.hasEnv() {
		v.within(s, want, levels)
		return s
	}
	if want.isSecret() {
		text, err := json.Marshal(map[string]string{"env": name})
		if err != nil {
			panic(err) // two strings
		}
		return &setting{at: s.at, text: text}
	}
	value, ok := v.lookup(name)
	if !ok {
		v.wrong = append(v.wrong, mistake{at: s.at, text: "environment variable " + quoted(name) + " is not set"})
		return newVoid(s.at)
	}
	if !want.isText() {
		if text, err := plainScalar(value); err == nil {
			return &setting{at: s.at, text: text, word: value}
		}
	}
	return newScalar(s.at, value)
}
