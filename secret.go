package dagster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Secret is a value that is never printed, stored or shown: every verb of fmt, JSON and loggers give its reference or
// "[secret]". Its zero value has nothing to reveal. Copies are the same secret.
type Secret struct {
	// from is behind a pointer so that printing a struct with a Secret in an unexported field gives an address.
	from *secretSource
}

type secretSource struct {
	env   string // name of an environment variable, or
	value string // the value itself, from run config
}

const hidden = "[secret]"

// Env is the value of an environment variable, read each time it is revealed.
func Env(name string) Secret { return Secret{from: &secretSource{env: name}} }

// Reveal returns the value, or an error that names the environment variable which is not set.
func (s Secret) Reveal() (string, error) {
	switch {
	case s.from == nil:
		return "", errors.New("reveal secret: none was given")
	case s.from.env == "":
		return s.from.value, nil
	}
	v, ok := os.LookupEnv(s.from.env)
	if !ok {
		return "", fmt.Errorf("reveal secret: environment variable %q is not set", s.from.env)
	}
	return v, nil
}

// String is "[secret]".
func (s Secret) String() string { return hidden }

// Format writes "[secret]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalJSON gives the reference {"env": NAME}, "[secret]" for a value, and null for the zero Secret.
func (s Secret) MarshalJSON() ([]byte, error) {
	switch {
	case s.from == nil:
		return []byte("null"), nil
	case s.from.env != "":
		return json.Marshal(struct {
			Env string `json:"env"`
		}{s.from.env})
	}
	return json.Marshal(hidden)
}

// UnmarshalJSON takes {"env": NAME}, a string that is the value, or null for the zero Secret. Its errors never hold the
// text that they are about.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		s.from = nil
		return nil
	}
	var value string
	if json.Unmarshal(data, &value) == nil {
		s.from = &secretSource{value: value}
		return nil
	}
	var ref map[string]string
	if json.Unmarshal(data, &ref) != nil || len(ref) != 1 || ref["env"] == "" {
		return errors.New(`secret: give a string or {"env": "NAME"}`)
	}
	s.from = &secretSource{env: ref["env"]}
	return nil
}

// SecretSchema tells the schema of a config that the value is not to be shown.
func (Secret) SecretSchema() {}
