package dagster

import (
	"encoding"
	"encoding/json"
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
// types, the bytes as they are for []byte and string, and a copied stream for [io.Reader] and [io.ReadCloser].
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
	switch t {
	case reflect.TypeFor[[]byte](), reflect.TypeFor[string]():
		return rawCodec(t)
	case reflect.TypeFor[io.Reader](), reflect.TypeFor[io.ReadCloser]():
		return streamCodec(t)
	}
	return &codec{
		ext: ".json", typ: t,
		encode: func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		decode: func(r io.Reader) (any, error) {
			var v T
			if err := json.NewDecoder(r).Decode(&v); err != nil {
				return nil, err
			}
			return v, nil
		},
	}
}

func rawCodec(t reflect.Type) *codec {
	c := &codec{ext: ".bin", typ: t}
	c.encode = func(w io.Writer, v any) error {
		b, _ := v.([]byte)
		_, err := w.Write(b)
		return err
	}
	c.decode = func(r io.Reader) (any, error) { return boxed(io.ReadAll(r)) }
	if t.Kind() == reflect.String {
		c.ext = ".txt"
		c.encode = func(w io.Writer, v any) error {
			s, _ := v.(string)
			_, err := io.WriteString(w, s)
			return err
		}
		c.decode = func(r io.Reader) (any, error) {
			b, err := io.ReadAll(r)
			return string(b), err
		}
	}
	return c
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
