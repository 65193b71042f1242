package schema

import "reflect"

// Copy returns a copy of a value of the schema's type, which shares neither lists nor maps nor what pointers point to with
// it; only types with a form of their own, as big.Int, are copied as Go assigns them.
func (s *Schema) Copy(v any) any {
	p := reflect.New(s.root.typ).Elem()
	if v != nil {
		p.Set(copied(s.root, reflect.ValueOf(v), 0))
	}
	return p.Interface()
}

func copied(n *node, v reflect.Value, depth int) reflect.Value {
	if depth > maxDepth {
		return v // a value that contains itself has no form anyway
	}
	depth++
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch n.kind {
	case kindPointer:
		if !v.IsNil() {
			p := reflect.New(v.Type().Elem())
			p.Elem().Set(copied(n.elem, v.Elem(), depth))
			out.Set(p)
		}
	case kindObject:
		copyFields(n, v, out, depth)
	case kindList, kindBytes:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		reflect.Copy(out, v)
		copyItems(n, out, depth)
	case kindArray:
		copyItems(n, out, depth)
	case kindMap:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for key, value := range v.Seq2() {
			out.SetMapIndex(key, copied(n.elem, value, depth))
		}
	case kindUnion:
		copyCase(n, v, out, depth)
	default:
	}
	return out
}

func copyItems(n *node, out reflect.Value, depth int) {
	if n.elem == nil {
		return
	}
	for i := range out.Len() {
		out.Index(i).Set(copied(n.elem, out.Index(i), depth))
	}
}

func copyFields(n *node, v, out reflect.Value, depth int) {
	for i := range n.fields {
		f := &n.fields[i]
		if member := f.of(v); member.IsValid() {
			settable(out, f.index).Set(copied(f.node, member, depth))
		}
	}
}

func copyCase(n *node, v, out reflect.Value, depth int) {
	for i := range n.cases {
		c := &n.cases[i]
		held, ok := c.holds(v)
		if !ok {
			continue
		}
		inner := copied(c.node, held, depth)
		if c.pointer {
			p := reflect.New(c.node.typ)
			p.Elem().Set(inner)
			inner = p
		}
		out.Set(inner)
	}
}
