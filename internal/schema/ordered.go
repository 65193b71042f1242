package schema

import "bytes"

// Object is a JSON object whose members keep their order: a form shows fields in the order of the struct.
type Object []Member

// Member is a name with a value, which is encoded by encoding/json.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write(&b, m.Name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := write(&b, m.Value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// with returns the object with one more member.
func (o Object) with(name string, value any) Object { return append(o, Member{name, value}) }
