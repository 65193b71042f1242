package dagster

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Size is a number of bytes. In config, JSON and flags it is written as a number, or with a unit: "64MiB", "1.5GB".
// Units are B, kB, MB, GB, TB, PB and EB, powers of 1000, and KiB, MiB, GiB, TiB, PiB and EiB, powers of 1024, in any case.
type Size int64

// sizeUnits are the letters of the units; the first stands for 1000 or 1024 bytes, each further one for that many more.
const sizeUnits = "kmgtpe"

// ParseSize reads a size. It has to be a whole number of bytes, and none that is negative or does not fit into an int64.
func ParseSize(text string) (Size, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, ok := sizeUnit(strings.ToLower(text[len(digits):]))
	number := strings.TrimSuffix(digits, " ")
	if !ok || !plainNumber(number) {
		return 0, fmt.Errorf(`size %s: want a number of bytes, or one with a unit like "64MiB"`, quote(text))
	}
	bytes, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, fmt.Errorf("size %s: not a number", quote(text))
	}
	bytes.Mul(bytes, new(big.Rat).SetInt64(unit))
	if !bytes.IsInt() {
		return 0, fmt.Errorf("size %s: not a whole number of bytes", quote(text))
	}
	if !bytes.Num().IsInt64() {
		return 0, fmt.Errorf("size %s: more than %d bytes", quote(text), int64(1<<63-1))
	}
	return Size(bytes.Num().Int64()), nil
}

// sizeUnit is how many bytes a unit in lower case stands for.
func sizeUnit(unit string) (int64, bool) {
	if unit == "" || unit == "b" {
		return 1, true
	}
	power := strings.IndexByte(sizeUnits, unit[0]) + 1
	bytes := int64(1)
	base := int64(0)
	switch unit[1:] {
	case "b":
		base = 1000
	case "ib":
		base = 1024
	}
	for range power {
		bytes *= base
	}
	return bytes, power > 0 && base > 0
}

// plainNumber reports whether a text is digits, with at most one point among them.
func plainNumber(s string) bool {
	const longest = 40 // beyond which no number of bytes is exact
	whole, fraction, point := strings.Cut(s, ".")
	if len(s) > longest || whole == "" || point && fraction == "" {
		return false
	}
	return strings.Trim(whole+fraction, "0123456789") == ""
}

// String is the size in the unit that makes it shortest, exactly: "64MiB", "1500MB".
func (s Size) String() string {
	best := strconv.FormatInt(int64(s), 10) + "B"
	if s == 0 {
		return best
	}
	for _, letter := range []byte("KMGTPE") {
		for _, suffix := range []string{"iB", "B"} {
			name := string(letter) + suffix
			unit, _ := sizeUnit(strings.ToLower(name))
			if int64(s)%unit != 0 {
				continue
			}
			text := strconv.FormatInt(int64(s)/unit, 10) + name
			if len(text) < len(best) {
				best = text
			}
		}
	}
	return strings.Replace(best, "KB", "kB", 1)
}

// MarshalText is [Size.String]; JSON has it as a string.
func (s Size) MarshalText() ([]byte, error) {
	if s < 0 {
		return nil, fmt.Errorf("size %d: negative", int64(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText is [ParseSize].
func (s *Size) UnmarshalText(text []byte) error {
	got, err := ParseSize(string(text))
	if err == nil {
		*s = got
	}
	return err
}

// UnmarshalJSON takes a string as [ParseSize] does, or a whole number.
func (s *Size) UnmarshalJSON(data []byte) error {
	text := string(data)
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("size: %w", err)
		}
		return s.UnmarshalText([]byte(text))
	}
	if whole, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, "eE.") {
		if whole != float64(int64(whole)) || whole > 1<<53 {
			return fmt.Errorf("size %s: not a whole number of bytes", quote(text))
		}
		text = strconv.FormatInt(int64(whole), 10)
	}
	return s.UnmarshalText([]byte(text))
}

// SizeSchema tells the schema of a config what the value is.
func (Size) SizeSchema() {}
