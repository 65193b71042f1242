package dagster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Secret is a value that is never printed, stored or shown: every verb of fmt, JSON and loggers give its reference or
// "[secret]". Its zero value has nothing to reveal.
type Secret struct {
	env string // name of an environment variable

	// value is the secret itself, from run config. It is behind a pointer to a string, which fmt never follows: a Secret in
	// an unexported field of a struct is printed without its Format method.
	value *string
}

const hidden = "[secret]"

// Env is the value of an environment variable, read each time it is revealed.
func Env(name string) Secret { return Secret{env: name} }

// Reveal returns the value, or an error that names the environment variable which is not set.
func (s Secret) Reveal() (string, error) {
	switch {
	case s.value != nil:
		return *s.value, nil
	case s.env == "":
		return "", errors.New("reveal secret: none was given")
	}
	v, ok := os.LookupEnv(s.env)
	if !ok {
		return "", fmt.Errorf("reveal secret: environment variable %q is not set", s.env)
	}
	return v, nil
}

// String is "[secret]".
func (s Secret) String() string { return hidden }

// Format writes "[secret]" whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// reference is how a secret is written where others may read it.
type reference struct {
	Env string `json:"env"`
}

// MarshalJSON gives the reference {"env": NAME}, "[secret]" for a value, and null for the zero Secret.
func (s Secret) MarshalJSON() ([]byte, error) {
	switch {
	case s.value != nil:
		return json.Marshal(hidden)
	case s.env == "":
		return []byte("null"), nil
	}
	return json.Marshal(reference{Env: s.env})
}

// UnmarshalJSON takes {"env": NAME}, a string that is the value, or null for the zero Secret. Its errors never hold the
// text that they are about.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = Secret{}
		return nil
	}
	var value string
	if json.Unmarshal(data, &value) == nil {
		*s = Secret{value: &value}
		return nil
	}
	var ref map[string]string
	if json.Unmarshal(data, &ref) != nil || len(ref) != 1 || ref["env"] == "" {
		return errors.New(`secret: give a string or {"env": "NAME"}`)
	}
	*s = Env(ref["env"])
	return nil
}

// SecretSchema tells the schema of a config that the value is not to be shown.
func (Secret) SecretSchema() {}
