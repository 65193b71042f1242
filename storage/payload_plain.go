package storage

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// plainMaterialization reads a materialization in the form that this release writes for most: its members in their order, no
// space between them, and no text with escapes. Every other form is for the careful way, and not ok; that takes ten times as
// long, which is felt where the last materializations of all assets are read.
func plainMaterialization(data []byte) (d *MaterializationData, ok bool) {
	p := plain{string(data)}
	d = &MaterializationData{}
	if !p.skip(`{"v":1`) || p.skip(`,"data_version":`) && !p.text(&d.DataVersion) {
		return nil, false
	}
	if p.skip(`,"provenance":`) {
		d.Provenance = &Provenance{}
		if !p.provenance(d.Provenance) {
			return nil, false
		}
	}
	if p.skip(`,"metadata":`) {
		n := skip([]byte(p.rest))
		if json.Unmarshal([]byte(p.rest[:n]), &d.Metadata) != nil {
			return nil, false
		}
		p.rest = p.rest[n:]
	}
	return d, p.rest == "}"
}

// plain is what is still to be read of a payload. Its methods report whether it went on as they expect.
type plain struct{ rest string }

func (p *plain) provenance(to *Provenance) bool {
	if !p.skip("{") {
		return false
	}
	if p.skip(`"code_version":`) {
		if !p.text(&to.CodeVersion) {
			return false
		}
		if !p.skip(",") {
			return p.skip("}")
		}
	} else if p.skip("}") {
		return true
	}
	if !p.skip(`"inputs":[`) {
		return false
	}
	to.Inputs = make([]InputVersion, 0, 1+strings.Count(p.rest, "},{"))
	for more := true; more; more = p.skip(",") {
		var in InputVersion
		if !p.input(&in) {
			return false
		}
		to.Inputs = append(to.Inputs, in)
	}
	return p.skip("]}")
}

func (p *plain) input(to *InputVersion) bool {
	if !p.skip(`{"asset":`) || !p.text(&to.Asset) ||
		p.skip(`,"partition":`) && !p.text(&to.Partition) ||
		!p.skip(`,"data_version":`) || !p.text(&to.DataVersion) ||
		p.skip(`,"event":`) && !p.number(&to.Event) {
		return false
	}
	return p.skip("}")
}

func (p *plain) skip(s string) (there bool) {
	p.rest, there = strings.CutPrefix(p.rest, s)
	return there
}

// text reads a string without escapes.
func (p *plain) text(to *string) bool {
	if !p.skip(`"`) {
		return false
	}
	for i := range len(p.rest) {
		switch c := p.rest[i]; {
		case c == '"':
			*to, p.rest = p.rest[:i], p.rest[i+1:]
			return utf8.ValidString(*to)
		case c == '\\', c < ' ':
			return false
		}
	}
	return false
}

// number reads a number above 0.
func (p *plain) number(to *int64) bool {
	n, i := int64(0), 0
	for ; i < len(p.rest) && i < 18 && '0' <= p.rest[i] && p.rest[i] <= '9'; i++ {
		n = n*10 + int64(p.rest[i]-'0')
	}
	if i == 0 || p.rest[0] == '0' {
		return false
	}
	*to, p.rest = n, p.rest[i:]
	return true
}
