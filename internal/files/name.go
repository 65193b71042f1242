package files

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
)

const (
	maxFolders = 32  // what a key has beyond that is folded into its last part
	maxPart    = 160 // bytes of a folder or stem; with its marks and extension it stays below 255
	maxExt     = 70

	runsFolder = "@runs" // no asset's folder starts with "@"
	noExt      = "@"     // stands for an empty extension, so that every file has a dot
	empty      = "%"     // stands for an empty part
	hexDigits  = "0123456789ABCDEF"
)

// Name says which value is meant. Two names that differ give two paths, also where file names ignore case, and no
// path leaves its directory. Names are comparable; the zero Name names nothing.
type Name struct {
	folder string // escaped, ends in "/" unless empty
	stem   string // escaped, without a dot
	ext    string // escaped, without its leading dot
}

// Asset names the value of the asset key, whose slashes become folders: Asset("raw/orders", ".json") is
// raw/orders.json. The dot in front of ext may be left out.
func Asset(key, ext string) Name { return newName("", key, ext) }

// Step names what the step of a run gave: Step("7f", "load/clean", ".json") is @runs/7f/load/clean.json.
func Step(run, step, ext string) Name {
	return newName(runsFolder+"/"+escape(run, maxPart)+"/", step, ext)
}

func newName(folder, key, ext string) Name {
	parts := strings.SplitN(key, "/", maxFolders)
	for i, part := range parts {
		parts[i] = escape(part, maxPart)
	}
	last := len(parts) - 1
	if last > 0 {
		folder += strings.Join(parts[:last], "/") + "/"
	}
	return Name{folder: folder, stem: parts[last], ext: escapeExt(strings.TrimPrefix(ext, "."))}
}

// Part names one of several values under n: a partition of an asset, an output of a step. The key is not split:
// Asset("raw/orders", ".json").Part("2024-01-02") is raw/orders@/2024-01-02.json, which clashes neither with
// raw/orders.json nor with an asset raw/orders/2024-01-02. The zero Name has no parts.
func (n Name) Part(key string) Name {
	if n == (Name{}) {
		return n
	}
	return Name{folder: n.folder + n.stem + "@/", stem: escape(key, maxPart), ext: n.ext}
}

// String returns the slash-separated path under the directory, "" for the zero Name.
func (n Name) String() string {
	if n == (Name{}) {
		return ""
	}
	return n.folder + n.stem + "." + n.ext
}

// escape turns any string into one component of a path. The result holds only letters, digits and "_-%+=", so "@"
// and "." stay free to tell folders, files and leftovers apart, and it can be read back unless it was too long:
// a byte is itself or "%XX", upper case is recorded after "+", "=" and a hash stand for a long rest.
func escape(s string, limit int) string {
	if s == "" {
		return empty
	}
	var b strings.Builder
	for i := range len(s) {
		writeByte(&b, s[i], isPlain(s[i]) && (i > 0 || !isDevice(s)))
	}
	return finish(b.String(), s, limit)
}

// escapeExt is escape for what follows the first dot, where single dots are harmless: "csv.gz" stays.
func escapeExt(s string) string {
	if s == "" {
		return noExt
	}
	var b strings.Builder
	for i := range len(s) {
		inner := s[i] == '.' && i > 0 && i < len(s)-1 && s[i-1] != '.' && s[i+1] != '.'
		writeByte(&b, s[i], isPlain(s[i]) || inner)
	}
	return finish(b.String(), s, maxExt)
}

func finish(escaped, s string, limit int) string {
	escaped += caseMark(s)
	if len(escaped) <= limit {
		return escaped
	}
	sum := sha256.Sum256([]byte(s))
	hash := "=" + hex.EncodeToString(sum[:])
	head := escaped[:limit-len(hash)]
	// Half an escape at the cut would be unreadable, though not ambiguous.
	if i := strings.LastIndexByte(head, '%'); i >= 0 && i > len(head)-3 {
		head = head[:i]
	}
	return head + hash
}

// caseMark returns "+" and, in hexadecimal, which letters of s are upper case, the first letter in the lowest bit.
// It is empty if none is: "orders" and "Orders" must be two files on a disk that ignores case, and still be readable.
func caseMark(s string) string {
	var mask big.Int
	letter := 0
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z':
			mask.SetBit(&mask, letter, 1)
			letter++
		case 'a' <= c && c <= 'z':
			letter++
		}
	}
	if mask.Sign() == 0 {
		return ""
	}
	return "+" + mask.Text(16)
}

func writeByte(b *strings.Builder, c byte, plain bool) {
	if plain {
		b.WriteByte(c)
		return
	}
	b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// isDevice reports whether Windows takes s, with any extension, for a device.
func isDevice(s string) bool {
	switch s = strings.ToLower(s); s {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(s) == 4 && (s[:3] == "com" || s[:3] == "lpt") && '0' <= s[3] && s[3] <= '9'
}
