package sqlite_test

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/storage/sqlite"
)

func TestSets_comeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := map[int]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "ranges") {
			low := rapid.IntRange(0, sqlite.ChunkSize-1).Draw(t, "low")
			step := rapid.IntRange(1, 3).Draw(t, "step")
			for at := low; at < min(low+rapid.IntRange(1, 5000).Draw(t, "length"), sqlite.ChunkSize); at += step {
				set[at] = true
			}
		}
		want := make([]int, 0, len(set))
		for at := range set {
			want = append(want, at)
		}
		slices.Sort(want)
		data := sqlite.EncodeSet(want...)
		require.LessOrEqual(t, len(data), 1+sqlite.ChunkSize/8)
		require.Equal(t, len(want) == 0, data == nil)
		a, b, err := sqlite.DecodeSet(data)
		require.NoError(t, err)
		require.True(t, slices.Equal(want, a))
		require.True(t, slices.Equal(want, b))
	})
}

// What was stored once can be read for ever.
func TestSets_areGolden(t *testing.T) {
	t.Parallel()
	all := make([]int, sqlite.ChunkSize)
	var odd []int
	for i := range all {
		all[i] = i
		if i%2 == 1 && i < 10000 {
			odd = append(odd, i)
		}
	}
	assert.Equal(t, "0100ff7f", hex.EncodeToString(sqlite.EncodeSet(all...)))
	assert.Equal(t, "0100000301802000", hex.EncodeToString(sqlite.EncodeSet(0, 4, 5, 4102)))
	data := sqlite.EncodeSet(odd...)
	assert.Len(t, data, 1+10000/8)
	assert.Equal(t, "02aaaa", hex.EncodeToString(data[:3]))
}

func FuzzDecodeSet(f *testing.F) {
	f.Add([]byte{1, 0, 3, 5, 1})
	f.Add([]byte{2, 0xaa, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		a, b, err := sqlite.DecodeSet(data)
		if err != nil {
			return
		}
		require.Equal(t, a, b)
		again, _, err := sqlite.DecodeSet(sqlite.EncodeSet(a...))
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}
