package dagster

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// What a name may be. The rules are Dagster's (seen by running 1.13.27), but that we refuse a name that is empty.
var (
	assetPart  = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	identifier = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	checkNames = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)
	groupName  = regexp.MustCompile(`^[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$`)
	kindName   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)
	tagKey     = regexp.MustCompile(`^(dagster/kind/|[A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}$`)
	tagValue   = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,63}$`)
	email      = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}$`)
)

// longest is the longest name that a store, a file system and a page can be asked to carry.
const longest = 1024

var errEmpty = errors.New("empty")

// reserved reports whether a name means something else in run config. The names are those that Dagster refuses, but for
// Python's words, which mean nothing here.
func reserved(name string) bool {
	switch name {
	case "context", "conf", "config", "meta", "arg_dict", "dict", "input_arg_dict", "output_arg_dict",
		"int", "str", "float", "bool", "input", "output", "type":
		return true
	}
	return false
}

// errReserved reports such a name.
var errReserved = errors.New("reserved: it means something in run config")

// checkKey says what is wrong with an asset key. A source is made elsewhere, under rules that are not ours.
func checkKey(key string, source bool) error {
	switch {
	case key == "":
		return fmt.Errorf("key: %w", errEmpty)
	case len(key) > longest:
		return fmt.Errorf("key: %d bytes, at most %d are allowed", len(key), longest)
	case strings.ContainsRune(key, 0):
		return errors.New("key: contains a NUL byte")
	case source:
		return nil
	case reserved(key): // a part of a longer key is no name of its own
		return fmt.Errorf("key: %w", errReserved)
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" {
			return errors.New(`key: empty part; parts are joined by one "/"`)
		}
		if !assetPart.MatchString(part) {
			return fmt.Errorf(`key: part %s: only letters, digits, "_", "-" and "." are allowed`, quote(part))
		}
	}
	return nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("name: %w", errEmpty)
	case len(name) > longest:
		return fmt.Errorf("name: %d bytes, at most %d are allowed", len(name), longest)
	}
	return nil
}

// checkIdentifier says what is wrong with the name of an op, a graph or a job, which becomes part of step keys.
func checkIdentifier(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if !identifier.MatchString(name) {
		return errors.New(`name: only letters, digits and "_" are allowed`)
	}
	if reserved(name) {
		return fmt.Errorf("name: %w", errReserved)
	}
	return nil
}

// checkOfAsset says what is wrong with the name of a check, which becomes the end of a step's key.
func checkOfAsset(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if !checkNames.MatchString(name) {
		return errors.New(`name: only letters, digits, "_" and "." are allowed`)
	}
	return nil
}

func checkGroup(name string) error {
	if len(name) > longest || !groupName.MatchString(name) {
		return fmt.Errorf(`group %s: letters, digits and "_" are allowed, and "/" between parts`, quote(name))
	}
	return nil
}

func checkKind(name string) error {
	if !kindName.MatchString(name) {
		return fmt.Errorf(`kind %s: 1 to 63 letters, digits, "_", "-" and "." are allowed`, quote(name))
	}
	return nil
}

func checkOwner(name string) error {
	if team, ok := strings.CutPrefix(name, "team:"); ok && team != "" {
		return nil
	}
	if !email.MatchString(name) {
		return fmt.Errorf(`owner %s: give an email address, or "team:" and a name`, quote(name))
	}
	return nil
}

func checkTag(key, value string) error {
	if !tagKey.MatchString(key) {
		return fmt.Errorf(`tag key %s: up to 63 letters, digits, "_", "-" and ".", after an optional prefix of the same and "/"`, quote(key))
	}
	if !tagValue.MatchString(value) {
		return fmt.Errorf(`tag %s: value %s: up to 63 letters, digits, "_", "-" and "." are allowed`, quote(key), quote(value))
	}
	return nil
}
