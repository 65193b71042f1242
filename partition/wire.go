package partition

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ErrChanged reports a stored subset of another definition than the one that it is read for.
var ErrChanged = errors.New("partition: stored for another definition")

// ErrEncoding reports bytes that are no stored subset.
var ErrEncoding = errors.New("partition: not a stored subset")

// The form of a stored subset. Numbers are varints.
//
//	1                            the version
//	16 bytes                     the fingerprint of the definition
//	for each dynamic axis:       its keys that occur, by text: how many,
//	    and for each             what it shares with the one before, the length of the rest, the rest
//	node                         positions of dynamic axes count in that list
//
// A node has its number of runs, doubled, and for each run the gap before it (signed for the first), its length less
// one, and the node of the next axis. On the last axis one more than the double says that a bitmap follows instead, as
// that is shorter: the first position, the number of bytes, the bytes.
const wireVersion = 1

// AppendBinary appends the stored form, which is the same for the same keys. It ends with the slice.
func (s Subset) AppendBinary(b []byte) ([]byte, error) {
	mark := s.Definition().Fingerprint()
	b = append(append(b, wireVersion), mark[:]...)
	n := s.node()
	for i, a := range s.axes().axes {
		if !s.axes().dynamic(i) {
			continue
		}
		keys := make([]string, 0, 16)
		n.shadow(i).each(nil, func(at []int) bool {
			key, _ := a.key(at[0])
			keys = append(keys, key)
			return true
		})
		slices.Sort(keys)
		b = appendKeys(b, keys)
		n = n.moved(i, func(p int) (int, bool) {
			key, _ := a.key(p)
			return slices.BinarySearch(keys, key)
		})
	}
	return n.append(b), nil
}

// MarshalBinary returns the stored form.
func (s Subset) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// dynamic reports whether the keys of an axis come from a snapshot.
func (s *space) dynamic(axis int) bool {
	d := s.def
	if d.Kind() == KindMulti {
		d = d.dims[axis].Definition
	}
	return d.Kind() == KindDynamic
}

func appendKeys(b []byte, sorted []string) []byte {
	b = appendUint(b, len(sorted))
	before := ""
	for _, key := range sorted {
		shared := 0
		for shared < min(len(before), len(key)) && before[shared] == key[shared] {
			shared++
		}
		b = appendUint(b, shared)
		b = appendUint(b, len(key)-shared)
		b = append(b, key[shared:]...)
		before = key
	}
	return b
}

func appendUint(b []byte, n int) []byte {
	return binary.AppendUvarint(b, uint64(n)) //nolint:gosec // lengths and gaps are not negative
}

func (n *node) append(b []byte) []byte {
	if n.subs == nil && len(n.runs) > 0 {
		if size := (n.runs[len(n.runs)-1].high - n.runs[0].low + 7) / 8; size < n.size() {
			return n.appendBits(b, size)
		}
	}
	b = appendUint(b, len(n.runs)<<1)
	before := 0
	for i, r := range n.runs {
		if i == 0 {
			b = binary.AppendVarint(b, int64(r.low))
		} else {
			b = appendUint(b, r.low-before)
		}
		b = appendUint(b, r.high-r.low-1)
		before = r.high
		if n.subs != nil {
			b = n.subs[i].append(b)
		}
	}
	return b
}

// size is about how long the runs are when stored one by one.
func (n *node) size() int {
	size, before := 0, 0
	for _, r := range n.runs {
		size += 2
		if r.low-before > 0x7f {
			size++
		}
		if r.high-r.low > 0x80 {
			size++
		}
		before = r.high
	}
	return size
}

func (n *node) appendBits(b []byte, size int) []byte {
	first := n.runs[0].low
	b = appendUint(b, len(n.runs)<<1|1)
	b = binary.AppendVarint(b, int64(first))
	b = appendUint(b, size)
	at := len(b)
	b = append(b, make([]byte, size)...)
	for _, r := range n.runs {
		for p := r.low - first; p < r.high-first; p++ {
			b[at+p/8] |= 1 << (p % 8)
		}
	}
	return b
}

// Decode reads a subset that was stored. Dynamic keys that the snapshot lacks are left out. If the definition was
// another when the subset was stored, the error wraps [ErrChanged]; if the bytes are none, [ErrEncoding].
func (d Definition) Decode(data []byte, keys *Snapshot) (Subset, error) {
	sp := d.in(keys)
	none := Subset{space: sp, root: &node{}}
	if len(data) < 17 || data[0] != wireVersion {
		return none, fmt.Errorf("%d bytes: %w", len(data), ErrEncoding)
	}
	if is := Fingerprint(data[1:17]); is != d.Fingerprint() {
		return none, fmt.Errorf("subset of %s, want %s: %w", is, d.Fingerprint(), ErrChanged)
	}
	r := &wireReader{data: data[17:]}
	lists := make([][]string, len(sp.axes))
	for i := range sp.axes {
		if sp.dynamic(i) {
			lists[i] = r.keys()
		}
	}
	n := r.node(len(sp.axes))
	if r.bad || len(r.data) > 0 {
		return none, ErrEncoding
	}
	for i, a := range sp.axes {
		if !n.within(i, a, lists[i], sp.dynamic(i)) {
			return none, fmt.Errorf("positions outside of the definition: %w", ErrEncoding)
		}
	}
	for i, a := range sp.axes {
		if sp.dynamic(i) {
			n = n.moved(i, func(p int) (int, bool) { return a.position(lists[i][p]) })
		}
	}
	return Subset{sp, n}, nil
}

// within reports whether an axis has all positions that a set has on it.
func (n *node) within(axis int, a axis, keys []string, dynamic bool) bool {
	all := n.shadow(axis).runs
	if len(all) == 0 {
		return true
	}
	low, high := all[0].low, all[len(all)-1].high
	if dynamic {
		return low >= 0 && high <= len(keys)
	}
	_, first := a.key(low)
	_, last := a.key(high - 1)
	return first && last
}

// wireReader reads from the front of bytes, until they turn out to be bad.
type wireReader struct {
	data []byte
	bad  bool
}

// limit keeps sums of numbers within an int.
const limit = math.MaxInt32

func (r *wireReader) uint() int {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.data = r.data[n:]
	return int(v)
}

func (r *wireReader) int() int {
	v, n := binary.Varint(r.data)
	if n <= 0 || v > limit || v < -limit {
		r.bad = true
		return 0
	}
	r.data = r.data[n:]
	return int(v)
}

func (r *wireReader) keys() []string {
	n := r.uint()
	keys := make([]string, 0, min(n, len(r.data)))
	before := ""
	for range n {
		shared, rest := r.uint(), r.uint()
		if r.bad || shared > len(before) || rest > len(r.data) {
			r.bad = true
			return nil
		}
		key := strings.Clone(before[:shared] + string(r.data[:rest]))
		r.data = r.data[rest:]
		if len(keys) > 0 && key <= before {
			r.bad = true
		}
		keys = append(keys, key)
		before = key
	}
	return keys
}

func (r *wireReader) node(axes int) *node {
	head := r.uint()
	if head&1 != 0 && axes == 1 {
		return r.bits(head >> 1)
	}
	n := &node{}
	if head&1 != 0 || head>>1 > len(r.data) {
		r.bad = true
		return n
	}
	at := 0
	n.runs = make([]run, 0, head>>1)
	for i := range head >> 1 {
		low := at
		if i == 0 {
			low += r.int()
		} else {
			low += r.uint()
			r.bad = r.bad || axes == 1 && low == at
		}
		at = low + r.uint() + 1
		if r.bad || at > limit {
			r.bad = true
			return &node{}
		}
		if axes == 1 {
			n.runs = append(n.runs, run{low, at})
			continue
		}
		n.add(low, at, r.node(axes-1))
	}
	return n
}

func (r *wireReader) bits(count int) *node {
	first, size := r.int(), r.uint()
	n := &node{}
	if r.bad || size > len(r.data) || count > size*4+1 {
		r.bad = true
		return n
	}
	n.runs = make([]run, 0, count)
	for i, b := range r.data[:size] {
		for bit := 0; b != 0; bit, b = bit+1, b>>1 {
			if b&1 != 0 {
				n.add(first+i*8+bit, first+i*8+bit+1, nil)
			}
		}
	}
	r.bad = len(n.runs) != count
	r.data = r.data[size:]
	return n
}
