// Package checks makes checks of assets that many need: of rows, of columns, of what is recorded of an asset.
//
// Each function declares a check, to be listed in a repository beside its asset; options are those of [dagster.NewCheck], such
// as [dagster.Blocking] and [dagster.Warning]. A check of a partitioned asset looks at one partition. Its name is that of the
// function in small letters, with what it looks at: "unique_id".
package checks

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Bounds are the least and the greatest number that pass, both included. The zero value lets all pass but NaN.
type Bounds struct{ low, high *float64 }

// AtLeast has no upper bound.
func AtLeast(n float64) Bounds { return Bounds{low: &n} }

// AtMost has no lower bound.
func AtMost(n float64) Bounds { return Bounds{high: &n} }

// Between has both bounds, each included.
func Between(low, high float64) Bounds { return Bounds{&low, &high} }

// Exactly lets one number pass.
func Exactly(n float64) Bounds { return Between(n, n) }

// Has reports whether a number passes.
func (b Bounds) Has(n float64) bool {
	return !math.IsNaN(n) && (b.low == nil || n >= *b.low) && (b.high == nil || n <= *b.high)
}

// String says what passes.
func (b Bounds) String() string {
	switch {
	case b.low != nil && b.high != nil && *b.low == *b.high:
		return number(*b.low)
	case b.low != nil && b.high != nil:
		return number(*b.low) + " to " + number(*b.high)
	case b.low != nil:
		return number(*b.low) + " or more"
	case b.high != nil:
		return number(*b.high) + " or less"
	default:
		return "any number"
	}
}

// wrong says why no number could pass.
func (b Bounds) wrong() error {
	for _, n := range []*float64{b.low, b.high} {
		if n != nil && math.IsNaN(*n) {
			return errors.New("a bound is not a number")
		}
	}
	if b.low != nil && b.high != nil && *b.low > *b.high {
		return fmt.Errorf("bounds %s: no number is in them", b)
	}
	return nil
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
