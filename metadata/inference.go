package metadata

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"reflect"
	"strconv"
	"time"
)

// Of is a plain value with the type that fits it:
//
//   - a text, number or bool, also of a named type, and what a pointer points to; nil is null
//   - [time.Time] and [url.URL]; [time.Duration] is text, as in "1m30s"
//   - what writes itself as text or as JSON, in that order
//   - a struct, map, slice or array is JSON
//   - a [Value] is itself
//
// Bytes, functions, channels and complex numbers have no type, and neither has an error. An entry of one says so by
// [Entry.Err]: as metadata of a definition it is a mistake, in a body it fails the step.
func Of(key string, v any) Entry {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return Null(key)
	}
	switch v := v.(type) {
	case nil:
		return Null(key)
	case Value:
		return Entry{key, v}
	case time.Time:
		return Time(key, v)
	case *time.Time:
		return Time(key, *v)
	case time.Duration:
		return Text(key, v.String())
	case *time.Duration:
		return Text(key, v.String())
	case *big.Int:
		return BigInt(key, v)
	case url.URL:
		return URL(key, v.String())
	case *url.URL:
		return URL(key, v.String())
	case error:
		return untyped(key, v, errors.New("an error has no type: take Text"))
	case encoding.TextMarshaler:
		b, err := v.MarshalText()
		if err != nil {
			return untyped(key, v, err)
		}
		return Text(key, string(b))
	case json.Marshaler:
		return inferJSON(key, v)
	}
	return infer(key, reflect.ValueOf(v))
}

// infer goes by the kind of a value.
func infer(key string, v reflect.Value) Entry {
	switch v.Kind() {
	case reflect.String:
		return Text(key, v.String())
	case reflect.Bool:
		return Bool(key, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Entry{key, IntValue(v.Int())}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return BigInt(key, new(big.Int).SetUint64(v.Uint()))
	case reflect.Float32:
		// The shortest number that is the same float32, as encoding/json writes it: 0.1 and not 0.10000000149011612.
		f, err := strconv.ParseFloat(strconv.FormatFloat(v.Float(), 'g', -1, 32), 64)
		if err != nil {
			f = v.Float()
		}
		return Float(key, f)
	case reflect.Float64:
		return Float(key, v.Float())
	case reflect.Pointer:
		return Of(key, v.Elem().Interface())
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return untyped(key, v.Interface(), errors.New("bytes have no type: take Text, or JSON"))
		}
	case reflect.Struct, reflect.Map:
	case reflect.Invalid, reflect.Complex64, reflect.Complex128, reflect.Chan, reflect.Func, reflect.Interface, reflect.UnsafePointer:
		return untyped(key, v.Interface(), errors.New("it has no type"))
	}
	return inferJSON(key, v.Interface())
}

func inferJSON(key string, v any) Entry {
	b, err := marshal(v)
	if err != nil {
		return untyped(key, v, err)
	}
	return Entry{key, JSONValue(b)}
}

// untypedValue is a value that is none. It is stored as a text that says why.
type untypedValue struct {
	TextValue
	err error
}

func untyped(key string, v any, err error) Entry {
	text := fmt.Sprintf("%T is not shown: %v", v, err)
	return Entry{key, untypedValue{TextValue(text), fmt.Errorf("%T: %w", v, err)}}
}

// Err returns why the entry has no value, nil if it has one.
func (e Entry) Err() error {
	if v, ok := e.Value.(untypedValue); ok {
		return fmt.Errorf("metadata %q: %w", e.Key, v.err)
	}
	return nil
}
