package partition

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// wireDefinition is the stored form of a definition: what the caller said, not what was made of it. Names and the
// words of lengths never change.
type wireDefinition struct {
	Kind Kind `json:"kind,omitempty"`

	Keys []string `json:"keys,omitempty"` // of a static definition
	Name string   `json:"name,omitempty"` // of a dynamic one
	Dims []struct {
		Name       string          `json:"name"`
		Definition *wireDefinition `json:"definition"`
	} `json:"dimensions,omitempty"`

	Every     string   `json:"every,omitempty"`
	Cron      string   `json:"cron,omitempty"`
	Start     string   `json:"start,omitempty"`
	End       string   `json:"end,omitempty"`
	Zone      string   `json:"zone,omitempty"`
	Format    string   `json:"format,omitempty"`
	Minute    int      `json:"minute,omitempty"`
	Hour      int      `json:"hour,omitempty"`
	Day       int      `json:"day,omitempty"`
	EndOffset int      `json:"end_offset,omitempty"`
	Exclude   []string `json:"exclude,omitempty"`
	ExcludeAt []string `json:"exclude_at,omitempty"`
}

// lengths are the stored words of lengths.
func lengths() []string { return []string{"", "hourly", "daily", "weekly", "monthly"} }

// MarshalJSON returns the stored form of the definition, which [ParseDefinition] reads: one that can be kept for ever.
// Definitions with the same fingerprint may have different forms. Text that is not UTF-8 is an error wrapping
// [ErrDefinition].
func (d Definition) MarshalJSON() ([]byte, error) {
	w := d.wire()
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("write definition: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("write definition: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func (d Definition) wire() *wireDefinition {
	w := &wireDefinition{Kind: d.Kind(), Name: d.Name()}
	switch d.Kind() {
	case KindStatic:
		w.Keys = d.space.axes[0].(*keyList).keys
	case KindWindows:
		c := d.windows
		w.Every, w.Cron, w.Start, w.End, w.Zone, w.Format = lengths()[c.Every], c.Cron, c.Start, c.End, c.Zone, c.Format
		w.Minute, w.Hour, w.Day, w.EndOffset = c.Minute, c.Hour, c.Day, c.EndOffset
		w.Exclude, w.ExcludeAt = c.Exclude, c.ExcludeAt
	case KindMulti:
		for _, dim := range d.dims {
			w.Dims = append(w.Dims, struct {
				Name       string          `json:"name"`
				Definition *wireDefinition `json:"definition"`
			}{dim.Name, dim.Definition.wire()})
		}
	case KindNone, KindDynamic:
	}
	return w
}

// check refuses text that JSON would replace without a word.
func (w *wireDefinition) check() error {
	texts := slices.Concat([]string{w.Name, w.Format}, w.Keys)
	for _, dim := range w.Dims {
		texts = append(texts, dim.Name)
		if err := dim.Definition.check(); err != nil {
			return err
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%.40q is not UTF-8: %w", text, ErrDefinition)
		}
	}
	return nil
}

// ParseDefinition reads a definition that [Definition.MarshalJSON] wrote; it has the same fingerprint. What this
// release doesn't know, or what is no definition, is an error wrapping [ErrDefinition].
func ParseDefinition(data []byte) (Definition, error) {
	var w wireDefinition
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // it may change the meaning of those that are known
	if err := dec.Decode(&w); err != nil {
		return Definition{}, fmt.Errorf("read definition: %w: %w", ErrDefinition, err)
	}
	if dec.More() {
		return Definition{}, fmt.Errorf("read definition: there is more after it: %w", ErrDefinition)
	}
	d, err := w.definition()
	if err != nil {
		return Definition{}, fmt.Errorf("read definition: %w", err)
	}
	return d, nil
}

func (w *wireDefinition) definition() (Definition, error) {
	switch w.Kind {
	case KindNone:
		return Definition{}, nil
	case KindStatic:
		return Static(w.Keys...)
	case KindDynamic:
		return Dynamic(w.Name)
	case KindWindows:
		every := slices.Index(lengths(), w.Every)
		if every < 0 {
			return Definition{}, fmt.Errorf("windows of length %q: %w", w.Every, ErrDefinition)
		}
		return Windows(WindowConfig{
			Every: Every(every), Cron: w.Cron, Start: w.Start, End: w.End, Zone: w.Zone, Format: w.Format,
			Minute: w.Minute, Hour: w.Hour, Day: w.Day, EndOffset: w.EndOffset, Exclude: w.Exclude, ExcludeAt: w.ExcludeAt,
		})
	case KindMulti:
		return w.product()
	}
	return Definition{}, fmt.Errorf("kind %q: %w", w.Kind, ErrDefinition)
}

func (w *wireDefinition) product() (Definition, error) {
	dims := make(map[string]Definition, len(w.Dims))
	var mistakes []error
	for _, dim := range w.Dims {
		if _, twice := dims[dim.Name]; twice || dim.Definition == nil {
			mistakes = append(mistakes, fmt.Errorf("dimension %q: %w", dim.Name, ErrDefinition))
			continue
		}
		d, err := dim.Definition.definition()
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("dimension %q: %w", dim.Name, err))
		}
		dims[dim.Name] = d
	}
	if err := errors.Join(mistakes...); err != nil {
		return Definition{}, err
	}
	return Multi(dims)
}
