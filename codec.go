package dagster

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// codec is how the values of one type become bytes, and back.
type codec struct {
	ext    string
	typ    reflect.Type
	encode func(w io.Writer, v any) error
	decode func(r io.Reader) (any, error)

	// streams is set if a decoded value reads on after decode returned.
	streams bool
}

// StoredAs says how a value becomes bytes, and the extension of files that hold them. The default is JSON for most
// types, text and bytes as they are (string, []byte and types made of them), and a copied stream for [io.Reader] and [io.ReadCloser].
//
// It takes functions and no interface: Go infers T from the methods of a type only if that type is declared before its
// use, so compiling would depend on the order of declarations.
func StoredAs[T any](ext string, encode func(io.Writer, T) error, decode func(io.Reader) (T, error)) StoreOption {
	c := &codec{ext: ext, typ: reflect.TypeFor[T]()}
	if encode != nil {
		c.encode = func(w io.Writer, v any) error {
			t, err := leafValue[T]([]any{v})
			if err != nil {
				return err
			}
			return encode(w, t)
		}
	}
	if decode != nil {
		c.decode = func(r io.Reader) (any, error) { return boxed(decode(r)) }
	}
	return storedAs{codec: c, missing: encode == nil || decode == nil}
}

// EncodeBinary is an encoder for [StoredAs], of a type that marshals itself.
func EncodeBinary[T encoding.BinaryMarshaler](w io.Writer, v T) error {
	data, err := v.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// DecodeBinary is a decoder for [StoredAs], of a type whose pointer unmarshals itself.
func DecodeBinary[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
}](r io.Reader) (T, error) {
	var v T
	data, err := io.ReadAll(r)
	if err == nil {
		err = P(&v).UnmarshalBinary(data)
	}
	return v, err
}

// defaultCodec is how a T is stored if nothing else is said.
func defaultCodec[T any]() *codec {
	t := reflect.TypeFor[T]()
	switch {
	case t == reflect.TypeFor[io.Reader](), t == reflect.TypeFor[io.ReadCloser]():
		return streamCodec(t)
	case isRaw(t):
		return rawCodec(t)
	}
	return &codec{
		ext: ".json", typ: t,
		encode: func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		decode: func(r io.Reader) (any, error) { return boxed(decodeJSON[T](r)) },
	}
}

// decodeJSON reads one value. That more follows is an error: of a file with a value in each line it would be lost.
func decodeJSON[T any](r io.Reader) (v T, err error) {
	d := json.NewDecoder(r)
	if err := d.Decode(&v); err != nil {
		return v, err
	}
	end := d.InputOffset()
	_, err = d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return v, nil
	case err == nil:
		return v, fmt.Errorf("more follows the JSON value, which ends at byte %d", end)
	}
	return v, fmt.Errorf("after the JSON value, which ends at byte %d: %w", end, err)
}

// isRaw reports whether a type is text or bytes, also under a name of its own, and does not say itself how it is marshaled.
func isRaw(t reflect.Type) bool {
	text := t.Kind() == reflect.String
	bytes := t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
	return (text || bytes) && !t.Implements(reflect.TypeFor[json.Marshaler]()) && !t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// rawCodec keeps text and bytes as they are.
func rawCodec(t reflect.Type) *codec {
	c := &codec{ext: ".bin", typ: t}
	if t.Kind() == reflect.String {
		c.ext = ".txt"
	}
	c.encode = func(w io.Writer, v any) error {
		r := reflect.ValueOf(v)
		if !r.IsValid() || r.Type() != t {
			return fmt.Errorf("%T where %s belongs", v, t)
		}
		if t.Kind() == reflect.String {
			_, err := io.WriteString(w, r.String())
			return err
		}
		_, err := w.Write(r.Bytes())
		return err
	}
	c.decode = func(r io.Reader) (any, error) {
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(data).Convert(t).Interface(), nil
	}
	return c
}

// Raw keeps text or bytes as they are, in files of the given extension. It is the default, with ".txt" and ".bin".
func Raw(ext string) StoreOption { return rawOption(ext) }

type rawOption string

func (o rawOption) applyAsset(a *asset) { o.to(a.typ, &a.definition).applyAsset(a) }
func (o rawOption) applyOp(p *op)       { o.to(p.typ, &p.definition).applyOp(p) }

func (o rawOption) to(t reflect.Type, d *definition) storedAs {
	if t == nil || !isRaw(t) {
		d.mistake("raw: the %s is a %s, neither text nor bytes", d.kind, typeName(t))
		return storedAs{codec: &codec{typ: t}}
	}
	c := rawCodec(t)
	c.ext = string(o)
	return storedAs{codec: c}
}

// streamCodec copies: what is larger than memory passes through a small buffer.
func streamCodec(t reflect.Type) *codec {
	return &codec{
		ext: ".bin", typ: t, streams: true,
		encode: func(w io.Writer, v any) error {
			r, ok := v.(io.Reader)
			if !ok {
				return fmt.Errorf("%T is no io.Reader", v)
			}
			_, err := io.Copy(w, r)
			if c, ok := v.(io.Closer); ok {
				err = firstError(err, c.Close())
			}
			return err
		},
		decode: func(r io.Reader) (any, error) {
			if c, ok := r.(io.ReadCloser); ok {
				return c, nil
			}
			return io.NopCloser(r), nil
		},
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
