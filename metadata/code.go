package metadata

import (
	"cmp"
	"fmt"
	"strings"
)

// CodeValue is places in source code ("code_references").
type CodeValue struct {
	References []CodeReference `json:"references"`
}

// CodeReference is a place in source code: a line of a file, or a link.
type CodeReference struct {
	File  string `json:"file,omitempty"` // a path
	Line  int    `json:"line,omitempty"` // 0 for the whole file
	URL   string `json:"url,omitempty"`  // instead of a file
	Label string `json:"label,omitempty"`
}

// Code is places in source code.
func Code(key string, to ...CodeReference) Entry {
	return Entry{key, CodeValue{References: append([]CodeReference{}, to...)}}
}

func (v CodeValue) label() string { return "code_references" }

func (v CodeValue) appendJSON(dst []byte) []byte {
	if v.References == nil {
		v.References = []CodeReference{}
	}
	return appendStruct(dst, v)
}

// String is the places.
func (v CodeValue) String() string {
	places := make([]string, len(v.References))
	for i, r := range v.References {
		places[i] = r.String()
	}
	return printable(strings.Join(places, ", "))
}

// String is the link, or the file with its line, behind the label if there is one.
func (r CodeReference) String() string {
	place := cmp.Or(r.URL, r.File)
	if r.URL == "" && r.Line > 0 {
		place = fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	if r.Label != "" {
		place = r.Label + " (" + place + ")"
	}
	return printable(place)
}
