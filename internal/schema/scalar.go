package schema

import (
	"encoding/base64"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scalar sets a value that has neither members nor items.
func (d *decoder) scalar(at *place, n *node, enum []string, in tree, into reflect.Value) {
	if in.token() != n.kind.token() && (n.kind != kindDuration || in.token() != tokenNumber) {
		d.wrong(at, n.want(), in)
		return
	}
	var err error
	switch n.kind {
	case kindBool:
		into.SetBool(in[0] == 't')
	case kindInt:
		err = setInt(in.text(), into)
	case kindUint:
		err = setUint(in.text(), into)
	case kindFloat:
		err = setFloat(in.text(), into)
	case kindDuration:
		err = setDuration(in, into)
	case kindTime:
		var t time.Time
		t, err = time.Parse(time.RFC3339, in.text())
		into.Set(reflect.ValueOf(t))
	case kindBytes:
		var b []byte
		b, err = base64.StdEncoding.DecodeString(in.text())
		into.Set(reflect.ValueOf(b).Convert(into.Type()))
	default:
		into.SetString(in.text())
		if enum != nil && !slices.Contains(enum, in.text()) {
			d.wrong(at, "one of "+strings.Join(enum, ", "), in)
		}
	}
	if err != nil {
		d.wrong(at, n.want(), in)
	}
}

// token is what the kind looks like in JSON, as far as there is one answer.
func (k kind) token() token {
	switch k {
	case kindBool:
		return tokenBool
	case kindInt, kindUint, kindFloat, kindNumber:
		return tokenNumber
	default:
		return tokenString
	}
}

// want names what a scalar takes, for people.
func (n *node) want() string {
	switch n.kind {
	case kindBool:
		return "bool"
	case kindInt, kindUint:
		low, high := n.limits()
		if n.typ.Bits() == 64 {
			return n.typ.Kind().String()
		}
		return n.typ.Kind().String() + " (" + low + " to " + high + ")"
	case kindFloat:
		return n.typ.Kind().String()
	case kindNumber:
		return "number"
	case kindDuration:
		return `duration like "1m30s"`
	case kindSize:
		return `size like "64MiB"`
	case kindTime:
		return `time like "2006-01-02T15:04:05Z"`
	case kindBytes:
		return "base64"
	default:
		return "string"
	}
}

// limits returns the smallest and largest value of a whole number.
func (n *node) limits() (low, high string) {
	bits := n.typ.Bits()
	if n.kind == kindUint {
		return "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	}
	return strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
}

var errRange = errors.New("out of range")

func setInt(text string, into reflect.Value) error {
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		// JSON Schema counts 1e3 and 2.0 among the integers.
		f, ferr := wholeFloat(text)
		if ferr != nil {
			return err
		}
		i = int64(f)
	}
	if into.OverflowInt(i) {
		return errRange
	}
	into.SetInt(i)
	return nil
}

func setUint(text string, into reflect.Value) error {
	u, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		f, ferr := wholeFloat(text)
		if ferr != nil || f < 0 {
			return err
		}
		u = uint64(f)
	}
	if into.OverflowUint(u) {
		return errRange
	}
	into.SetUint(u)
	return nil
}

// wholeFloat takes only what a float64 holds without loss.
func wholeFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && (f != math.Trunc(f) || math.Abs(f) > 1<<53) {
		err = errRange
	}
	return f, err
}

func setFloat(text string, into reflect.Value) error {
	f, err := strconv.ParseFloat(text, into.Type().Bits())
	if err == nil {
		into.SetFloat(f)
	}
	return err
}

func setDuration(in tree, into reflect.Value) error {
	if in.token() == tokenNumber {
		return setInt(in.text(), into)
	}
	v, err := time.ParseDuration(in.text())
	if err == nil {
		into.SetInt(int64(v))
	}
	return err
}
