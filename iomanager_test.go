package dagster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

func onFiles(t *testing.T) (dagster.RunOption, *dagster.Instance, string) {
	t.Helper()
	dir := t.TempDir()
	inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(dir)})
	return dagster.OnInstance(inst), inst, dir
}

func TestFilesKeepEachKindOfValue(t *testing.T) {
	t.Parallel()
	on, inst, dir := onFiles(t)
	when := time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
	orders := dagster.NewAsset("raw/orders", dagster.From(readOrders))
	text := dagster.NewAsset("text", dagster.From(func(context.Context) (string, error) { return "ab\x00é", nil }))
	raw := dagster.NewAsset("raw/bytes", dagster.From(func(context.Context) ([]byte, error) { return []byte{0, 1, 255}, nil }))
	stamp := dagster.NewAsset("stamp", dagster.From(func(context.Context) (time.Time, error) { return when, nil }),
		dagster.StoredAs(".time", dagster.EncodeBinary[time.Time], dagster.DecodeBinary[time.Time]))
	stream := dagster.NewAsset("stream", dagster.From(func(context.Context) (io.Reader, error) { return strings.NewReader("streamed"), nil }))
	none := dagster.NewAsset("none", dagster.From(dagster.Do(func(context.Context) error { return nil })))
	repo := dagster.NewRepository("r", orders, text, raw, stamp, stream, none)
	_, err := repo.Materialize(t.Context(), "*", on)
	require.NoError(t, err)

	check := func(path, want string) {
		got, err := os.ReadFile(filepath.Join(dir, path))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), path)
	}
	check("raw/orders.json", `[{"Cents":3},{"Cents":4}]`+"\n")
	check("text.txt", "ab\x00é")
	check("raw/bytes.bin", "\x00\x01\xff")
	check("stream.bin", "streamed")

	again := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(dir)})
	loaded, err := orders.Load(t.Context(), again, "")
	require.NoError(t, err)
	assert.Equal(t, []order{{3}, {4}}, loaded)
	gotText, err := text.Load(t.Context(), again, "")
	require.NoError(t, err)
	assert.Equal(t, "ab\x00é", gotText)
	gotStamp, err := stamp.Load(t.Context(), again, "")
	require.NoError(t, err)
	assert.True(t, when.Equal(gotStamp))
	gotStream, err := stream.Load(t.Context(), inst, "")
	require.NoError(t, err)
	data, err := io.ReadAll(gotStream)
	require.NoError(t, err)
	assert.Equal(t, "streamed", string(data))
	require.NoError(t, gotStream.(io.Closer).Close())
}

func TestStreamsAreReadInStepsAndClosedAfter(t *testing.T) {
	t.Parallel()
	for name, io1 := range map[string]func(*testing.T) dagster.IOManager{
		"memory": func(*testing.T) dagster.IOManager { return dagster.MemoryIO() },
		"files": func(t *testing.T) dagster.IOManager {
			t.Helper()
			return dagster.FileIO(t.TempDir())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inst := dagster.NewInstance(dagster.InstanceConfig{IO: io1(t)})
			source := &closing{Reader: strings.NewReader("some bytes")}
			stream := dagster.NewAsset("stream", dagster.From(func(context.Context) (io.Reader, error) { return source, nil }))
			var kept io.Reader
			length := dagster.NewAsset("length", dagster.From1(stream, func(_ context.Context, r io.Reader) (int, error) {
				kept = r
				data, err := io.ReadAll(r)
				return len(data), err
			}))
			upper := dagster.NewAsset("upper", dagster.From1(stream, func(_ context.Context, r io.Reader) (string, error) {
				data, err := io.ReadAll(r)
				return strings.ToUpper(string(data)), err
			}))
			r, err := dagster.NewRepository("r", stream, length, upper).Materialize(t.Context(), "*", dagster.OnInstance(inst))
			require.NoError(t, err)
			n, err := length.Value(r)
			require.NoError(t, err)
			assert.Equal(t, 10, n)
			s, err := upper.Value(r)
			require.NoError(t, err)
			assert.Equal(t, "SOME BYTES", s, "each reader has the whole stream")
			assert.True(t, source.closed)
			if f, ok := kept.(*os.File); ok {
				require.ErrorIs(t, f.Close(), os.ErrClosed)
			}
		})
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestLoadedByReadsAnotherTypeOfTheSameFile(t *testing.T) {
	t.Parallel()
	on, _, dir := onFiles(t)
	files := dagster.NewResource("files", dagster.From(func(context.Context) (dagster.IOManager, error) { return dagster.FileIO(dir), nil }), nil)
	orders := dagster.NewAsset("orders", dagster.From(readOrders))
	size := dagster.NewAsset("size", dagster.From1(dagster.LoadedBy[io.Reader](orders, files), func(_ context.Context, r io.Reader) (int, error) {
		data, err := io.ReadAll(r)
		return len(data), err
	}))
	r, err := dagster.NewRepository("r", orders, size).Materialize(t.Context(), "*", on)
	require.NoError(t, err)
	n, err := size.Value(r)
	require.NoError(t, err)
	assert.Equal(t, len(`[{"Cents":3},{"Cents":4}]`)+1, n)
}

func TestIOManagerIsAResource(t *testing.T) {
	t.Parallel()
	stored := map[string]int{}
	var addresses []dagster.Address
	lake := dagster.NewResource("lake", dagster.From(func(context.Context) (dagster.IOManager, error) {
		return dagster.IOFuncs(
			func(_ context.Context, at dagster.Address, v int) error {
				addresses = append(addresses, at)
				stored[at.Asset] = v
				return nil
			},
			func(_ context.Context, at dagster.Address) (int, error) {
				v, ok := stored[at.Asset]
				if !ok {
					return 0, dagster.ErrNotStored
				}
				return v, nil
			}), nil
	}), nil)
	a := dagster.NewAsset("a", dagster.From(number(4)), dagster.StoredIn(lake), dagster.Metadata(metadata.Text("table", "t")))
	b := dagster.NewAsset("b", dagster.From1(a, addOne))
	r, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "*")
	require.NoError(t, err)
	got, err := b.Value(r)
	require.NoError(t, err)
	assert.Equal(t, 5, got)
	got, err = a.Value(r)
	require.NoError(t, err, "read by its own manager, opened anew")
	assert.Equal(t, 4, got)
	require.Len(t, addresses, 1)
	assert.Equal(t, r.RunID(), addresses[0].Run)
	assert.Equal(t, "a", addresses[0].Step)
	assert.Equal(t, []metadata.Entry{metadata.Text("table", "t")}, addresses[0].Metadata)
	assert.Equal(t, "a.json", addresses[0].Path())
}

func TestManagerThatFailsFailsTheStep(t *testing.T) {
	t.Parallel()
	full := errors.New("disk is full")
	io1 := dagster.NewResource("io", dagster.From(func(context.Context) (dagster.IOManager, error) {
		return dagster.IOFuncs(func(context.Context, dagster.Address, int) error { return full },
			func(context.Context, dagster.Address) (int, error) { return 0, full }), nil
	}), nil)
	a := dagster.NewAsset("a", dagster.From(number(4)), dagster.StoredIn(io1))
	_, err := dagster.NewRepository("r", a).Materialize(t.Context(), "*")
	require.ErrorIs(t, err, full)
	require.ErrorContains(t, err, `store asset "a": disk is full`)

	wrong := dagster.NewAsset("wrong", dagster.From(readOrders), dagster.StoredIn(io1))
	_, err = dagster.NewRepository("r", wrong).Materialize(t.Context(), "*")
	require.ErrorContains(t, err, "the IO manager keeps int, the asset is a []dagster_test.order")
}

func TestValueOfAnotherTypeIsAnError(t *testing.T) {
	t.Parallel()
	inst := dagster.NewInstance(dagster.InstanceConfig{})
	was := dagster.NewAsset("a", dagster.From(number(4)))
	_, err := dagster.NewRepository("old", was).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.NoError(t, err)
	now := dagster.NewAsset("a", dagster.From(func(context.Context) (string, error) { return "", nil }))
	b := dagster.NewAsset("b", dagster.From1(now, func(_ context.Context, s string) (string, error) { return s, nil }))
	_, err = dagster.NewRepository("new", now, b).Materialize(t.Context(), "b", dagster.OnInstance(inst))
	require.ErrorContains(t, err, "int where string belongs")
}

func TestFilesOfOddSourcesStayInTheirFolder(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"../../etc/passwd", "a b", `say "x"`, "é/ü", "/abs", "..", strings.Repeat("k", 1000)} {
		parent := t.TempDir()
		inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(filepath.Join(parent, "values"))})
		on := dagster.OnInstance(inst)
		src := dagster.NewSource[int](key)
		a := dagster.NewAsset("a", dagster.From1(src, addOne))
		r, err := dagster.NewRepository("r", src, a).Materialize(t.Context(), "a", on)
		require.ErrorIs(t, err, fs.ErrNotExist, "key %q", key)
		require.NotEmpty(t, r.RunID())
		require.NoError(t, src.Report(t.Context(), inst, "", metadata.Rows(3)))
		entries, err := os.ReadDir(parent)
		require.NoError(t, err)
		assert.Len(t, entries, 1, "key %q", key)
	}
}

func TestLargeStreamNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	on, _, _ := onFiles(t)
	big := dagster.NewAsset("big", dagster.From(func(context.Context) (io.Reader, error) {
		return io.LimitReader(zeros{}, size), nil
	}))
	sum := dagster.NewAsset("sum", dagster.From1(big, func(_ context.Context, r io.Reader) (int64, error) {
		return io.Copy(io.Discard, r)
	}))
	r, err := dagster.NewRepository("r", big, sum).Materialize(t.Context(), "*", on)
	require.NoError(t, err)
	got, err := sum.Value(r)
	require.NoError(t, err)
	assert.EqualValues(t, size, got)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Metadata and a codec of one's own: numbers as eight bytes each.
func ExampleStoredAs() {
	encode := func(w io.Writer, v []uint64) error { return binary.Write(w, binary.LittleEndian, v) }
	decode := func(r io.Reader) ([]uint64, error) {
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		v := make([]uint64, len(data)/8)
		return v, binary.Read(bytes.NewReader(data), binary.LittleEndian, v)
	}
	primes := dagster.NewAsset("primes", dagster.From(func(context.Context) ([]uint64, error) { return []uint64{2, 3, 5}, nil }),
		dagster.StoredAs(".u64", encode, decode))
	r, err := dagster.NewRepository("numbers", primes).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(primes.Value(r))
	// Output: [2 3 5] <nil>
}

type forgetful struct{}

func (forgetful) Store(context.Context, dagster.Address, any) error  { return nil }
func (forgetful) Load(context.Context, dagster.Address) (any, error) { return nil, nil }

func TestNilIsNoValueButOfAnInterface(t *testing.T) {
	t.Parallel()
	a := dagster.NewAsset("a", dagster.From(number(1)))
	b := dagster.NewAsset("b", dagster.From1(a, func(_ context.Context, n int) (int, error) { return n, nil }))
	c := dagster.NewAsset("c", dagster.From(func(context.Context) (error, error) { return nil, nil }))
	d := dagster.NewAsset("d", dagster.From1(c, func(_ context.Context, none error) (bool, error) { return none == nil, nil }))
	inst := dagster.NewInstance(dagster.InstanceConfig{IO: forgetful{}})
	_, err := dagster.NewRepository("r", a, b).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.ErrorContains(t, err, `step "b": input 1: <nil> where int belongs`)
	_, err = dagster.NewRepository("r", c, d).Materialize(t.Context(), "*", dagster.OnInstance(inst))
	require.NoError(t, err)
}

func TestAFileHoldsOneJSONValue(t *testing.T) {
	t.Parallel()
	_, inst, dir := onFiles(t)
	rates := dagster.NewSource[order]("rates")
	for text, want := range map[string]string{
		`{"Cents": 1}` + "\n \n":            "",
		`{"Cents": 1}` + "\n{\"Cents\": 2}": `load asset "rates": decode "rates.json": more follows the JSON value, which ends at byte 12`,
		`{"Cents": 1}}`:                     `after the JSON value, which ends at byte 12: invalid character '}'`,
		`{"Cents": 1`:                       "unexpected EOF",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "rates.json"), []byte(text), 0o600))
		got, err := rates.Load(t.Context(), inst, "")
		if want == "" {
			require.NoError(t, err)
			assert.Equal(t, order{Cents: 1}, got)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
