package partition

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// separator stands between the parts of a key of several dimensions.
const separator = "|"

// ErrKey reports a text that is no key of a definition.
var ErrKey = errors.New("partition: no such key")

// Multi returns the definition whose keys are all combinations of those of its dimensions, of which there are two or
// more. A key is the keys of the dimensions, in the order of the dimensions' names, with "|" in between.
//
// A dimension's key that holds "|" itself would make that ambiguous. Static dimensions with such keys are refused, as
// are the characters [, ] and comma in them; dynamic keys and times that hold one are no partitions of the product.
func Multi(dims map[string]Definition) (Definition, error) {
	d := &definition{kind: KindMulti}
	var mistakes []error
	if len(dims) < 2 {
		mistakes = append(mistakes, fmt.Errorf("%d dimensions, want two or more: %w", len(dims), ErrDefinition))
	}
	var parts []string
	sp := &space{def: Definition{d}}
	for _, name := range slices.Sorted(maps.Keys(dims)) {
		dim := dims[name]
		if err := checkDimension(dim); err != nil {
			mistakes = append(mistakes, fmt.Errorf("dimension %q: %w", name, err))
			continue
		}
		d.dims = append(d.dims, Dimension{name, dim})
		mark := dim.Fingerprint()
		parts = append(parts, name, string(mark[:]))
		if dim.space != nil {
			sp.axes = append(sp.axes, asPart(dim.space.axes[0]))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return Definition{}, err
	}
	d.mark = fingerprint(KindMulti, parts...)
	if len(sp.axes) == len(dims) {
		d.space = sp
	}
	return Definition{d}, nil
}

func checkDimension(d Definition) error {
	if d.Kind() == KindNone || d.Kind() == KindMulti {
		return fmt.Errorf("not static, dynamic or windows of time: %w", ErrDefinition)
	}
	if d.Kind() != KindStatic {
		return nil
	}
	var mistakes []error
	for _, key := range d.space.axes[0].(*keyList).keys {
		if strings.ContainsAny(key, separator+"[],") {
			mistakes = append(mistakes, fmt.Errorf("key %q holds one of %q: %w", key, separator+"[],", ErrDefinition))
		}
	}
	return errors.Join(mistakes...)
}

// asPart returns an axis as it is within a product.
func asPart(a axis) axis {
	l, ok := a.(*line)
	if !ok {
		return a
	}
	for _, p := range l.layout.parts {
		if strings.Contains(p.literal, separator) {
			barred := *l
			barred.barred = true
			return &barred
		}
	}
	return l
}

// MultiKey returns the key with these parts by dimension. It does not look for separators within them.
func MultiKey(parts map[string]string) string {
	keys := make([]string, 0, len(parts))
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		keys = append(keys, parts[name])
	}
	return strings.Join(keys, separator)
}

// Split returns the parts of a key by dimension, whether or not there is such a partition. The error wraps [ErrKey].
func (d Definition) Split(key string) (map[string]string, error) {
	parts, err := d.split(key)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]string, len(parts))
	for i, part := range parts {
		byName[d.dims[i].Name] = part
	}
	return byName, nil
}

func (d Definition) split(key string) ([]string, error) {
	if d.Kind() != KindMulti {
		return nil, fmt.Errorf("split key %q: it has one dimension: %w", key, ErrKey)
	}
	parts := strings.Split(key, separator)
	if len(parts) != len(d.dims) {
		return nil, fmt.Errorf("split key %q: %d parts, want %d: %w", key, len(parts), len(d.dims), ErrKey)
	}
	return parts, nil
}

// Tags returns the tags of a run of one partition, as Dagster names them.
func (d Definition) Tags(key string) (map[string]string, error) {
	const tag = "dagster/partition"
	tags := map[string]string{tag: key}
	if d.Kind() != KindMulti {
		return tags, nil
	}
	parts, err := d.Split(key)
	for name, part := range parts {
		tags[tag+"/"+name] = part
	}
	return tags, err
}

// axis returns the index of a dimension.
func (d Definition) axis(name string) (int, error) {
	for i, dim := range d.Dimensions() {
		if dim.Name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no dimension %q: %w", name, ErrDefinition)
}
