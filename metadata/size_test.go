package metadata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/metadata"
)

const around = len(`{"key":"k","type":"text","value":""}`)

func large(size int) metadata.Entry {
	return metadata.Text("k", strings.Repeat("x", size-around))
}

func TestCheckSaysWhatIsTooLarge(t *testing.T) {
	t.Parallel()

	require.NoError(t, metadata.Check())
	require.NoError(t, metadata.Check(large(metadata.MaxEntry)), "as large as may be")
	require.NoError(t, metadata.Check(large(metadata.MaxEntry), large(metadata.MaxEntry), large(metadata.MaxEntry), large(metadata.MaxEntry)))
	err := metadata.Check(metadata.Int("n", 1), large(metadata.MaxEntry+1))
	require.EqualError(t, err, `metadata "k": 1048577 bytes, at most 1048576 may be: write it to a file, and record its path`)
	var size *metadata.SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, metadata.SizeError{Key: "k", Size: metadata.MaxEntry + 1, Most: metadata.MaxEntry}, *size)

	many := make([]metadata.Entry, 10000)
	for i := range many {
		many[i] = metadata.Text(fmt.Sprintf("k%d", i), strings.Repeat("é", 190))
	}
	err = metadata.Check(many...)
	require.ErrorAs(t, err, &size)
	assert.Equal(t, "", size.Key)
	require.ErrorContains(t, err, "bytes together, at most 4194304 may be")
	require.NoError(t, metadata.Check(many[:9000]...), "sizes are exact")

	require.ErrorContains(t, metadata.Check(metadata.Of("c", make(chan int))), `metadata "c": chan int: it has no type`)
	rows := make([]order, 10<<10)
	for i := range rows {
		rows[i].Name = strings.Repeat("n", 1000)
	}
	require.ErrorContains(t, metadata.Check(metadata.Table("rows", rows)), `metadata "rows": `)
	long := metadata.Text(strings.Repeat("k", metadata.MaxEntry), "")
	assert.Less(t, len(metadata.Check(long).Error()), 400, "a key of that length is not repeated")
}

func TestFitKeepsWhatFits(t *testing.T) {
	t.Parallel()

	entries := []metadata.Entry{metadata.Int("n", 1), large(10 << 20), metadata.Of("f", func() {})}
	got := metadata.Fit(entries)
	require.NoError(t, metadata.Check(got...))
	assert.Equal(t, []metadata.Entry{
		metadata.Int("n", 1),
		metadata.Text("k", `not kept: metadata "k": 10485760 bytes, at most 1048576 may be: write it to a file, and record its path`),
		metadata.Text("f", `not kept: metadata "f": func(): it has no type`),
	}, got)
	assert.IsType(t, metadata.TextValue(""), entries[1].Value)
	assert.Len(t, entries[1].Value, 10<<20-around, "what was given is not changed")

	full := []metadata.Entry{large(metadata.MaxEntry), large(metadata.MaxEntry), large(metadata.MaxEntry), large(metadata.MaxEntry), metadata.Int("n", 1)}
	got = metadata.Fit(full)
	assert.Equal(t, full[:4], got[:4])
	assert.Contains(t, got[4].Value.String(), "not kept")
	few := []metadata.Entry{metadata.Int("n", 1)}
	assert.Equal(t, few, metadata.Fit(few))
}
