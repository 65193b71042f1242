package dagster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"sync"

	"github.com/dagster-go/dagster/internal/files"
	"github.com/dagster-go/dagster/metadata"
)

// An IOManager keeps values: it stores what a step made, and loads it for what comes after. It is a resource like any
// other, see [StoredIn]; without one the instance's own manager is used. Both methods may be called from many steps at
// once, for different addresses. Storing again at one address replaces the value, also after a crash in the middle.
type IOManager interface {
	Store(ctx context.Context, at Address, v any) error

	// Load returns what was stored at the address. For what never was it returns an error that wraps [ErrNotStored] or
	// [fs.ErrNotExist].
	Load(ctx context.Context, at Address) (any, error)
}

// Address says what is stored, and how its type becomes bytes.
type Address struct {
	Asset, Partition string // the asset's key; Partition is empty for an unpartitioned one

	// Partitions are set instead of Partition where one value is of several: see [SingleRun].
	Partitions []string

	Run, Step string // which run stores it, in which step; empty for an asset that is loaded

	// MapKey is the key of one value of a [Dynamic] op; empty otherwise.
	MapKey string

	// Metadata is the asset's definition metadata, where a manager finds its own settings.
	Metadata []metadata.Entry

	ext   string // of the codec that stored it
	codec *codec
}

// Path is the address as a relative path with "/" between its parts: readable, different for different addresses on
// every file system, and never outside of the folder that it is joined to.
func (a Address) Path() string { return a.name().String() }

func (a Address) name() files.Name {
	name, part := files.Asset(a.Asset, a.ext), a.Partition
	if a.Asset == "" {
		name, part = files.Step(a.Run, a.Step, a.ext), a.MapKey
	}
	if part != "" {
		name = name.Part(part)
	}
	return name
}

// Encode writes v by the asset's codec: see [StoredAs].
func (a Address) Encode(w io.Writer, v any) error { return a.codec.encode(w, v) }

// Decode reads a value by the asset's codec, or by the default codec of the type that [LoadedBy] names. For an
// [io.Reader] the value reads from r after Decode has returned; see [Address.Streams].
func (a Address) Decode(r io.Reader) (any, error) { return a.codec.decode(r) }

// Streams reports whether the value is read after Load has returned. Then r must stay open; it is closed after the step
// that asked for it, if it is an [io.Closer].
func (a Address) Streams() bool { return a.codec.streams }

// String names the asset and its partition, or the step.
func (a Address) String() string {
	if a.Asset == "" {
		return fmt.Sprintf("step %s of run %s", quote(a.Step), a.Run)
	}
	if len(a.Partitions) > 0 {
		return fmt.Sprintf("%s, %d partitions", quote(a.Asset), len(a.Partitions))
	}
	if a.Partition == "" {
		return quote(a.Asset)
	}
	return fmt.Sprintf("%s, partition %s", quote(a.Asset), quote(a.Partition))
}

// IOFuncs is an IO manager for one type. Using it for an asset of another type is a mistake that Validate reports where
// it can know, and an error of the step otherwise.
func IOFuncs[T any](store func(context.Context, Address, T) error, load func(context.Context, Address) (T, error)) IOManager {
	return &ioFuncs[T]{store: store, load: load}
}

type ioFuncs[T any] struct {
	store func(context.Context, Address, T) error
	load  func(context.Context, Address) (T, error)
}

// oneType is an IO manager that keeps values of one type only.
type oneType interface{ keeps() reflect.Type }

func (f *ioFuncs[T]) keeps() reflect.Type { return reflect.TypeFor[T]() }

// Store refuses values of another type.
func (f *ioFuncs[T]) Store(ctx context.Context, at Address, v any) error {
	if f.store == nil {
		return errors.New("nil store function")
	}
	t, err := leafValue[T]([]any{v})
	if err != nil {
		return err
	}
	return f.store(ctx, at, t)
}

// Load loads by the function that it was made of.
func (f *ioFuncs[T]) Load(ctx context.Context, at Address) (any, error) {
	if f.load == nil {
		return nil, errors.New("nil load function")
	}
	return boxed(f.load(ctx, at))
}

// FileIO is an IO manager that keeps values as files below dir, which it makes when it first stores, and says in the
// metadata entry "path" where. A value is replaced at once, or not at all if the process or the machine stops in the middle. Files are named by [Address.Path].
func FileIO(dir string) IOManager { return &fileIO{root: dir} }

type fileIO struct {
	root string
	open sync.Mutex
	dir  *files.Dir
}

func (f *fileIO) files() (*files.Dir, error) {
	f.open.Lock()
	defer f.open.Unlock()
	if f.dir != nil {
		return f.dir, nil
	}
	dir, err := files.Open(f.root)
	if err != nil {
		return nil, err
	}
	f.dir = dir
	return dir, nil
}

// Store replaces the file at once.
func (f *fileIO) Store(ctx context.Context, at Address, v any) error {
	if len(at.Partitions) > 0 {
		return errSeveral
	}
	dir, err := f.files()
	if err != nil {
		return err
	}
	if _, err = dir.Write(ctx, at.name(), func(w io.Writer) error { return at.Encode(w, v) }); err != nil {
		return err
	}
	if at.Asset != "" {
		AddMetadataTo(ctx, at.Asset, metadata.Path("path", dir.Path(at.name())))
	}
	return nil
}

// Load reads the file, or leaves it open for a stream.
func (f *fileIO) Load(_ context.Context, at Address) (any, error) {
	dir, err := f.files()
	if err != nil {
		return nil, err
	}
	file, err := dir.Open(at.name())
	if err != nil {
		return nil, err
	}
	if at.Streams() {
		return at.Decode(file)
	}
	v, err := at.Decode(file)
	if err != nil {
		err = fmt.Errorf("decode %q: %w", at.Path(), err)
	}
	return v, firstError(err, file.Close())
}

// notStored reports whether an IO manager says that there is no value.
func notStored(err error) bool { return errors.Is(err, ErrNotStored) || errors.Is(err, fs.ErrNotExist) }

// errSeveral is the error of managers that keep one partition at a time.
var errSeveral = errors.New("one value for several partitions, which this IO manager keeps one by one: make a value for each by ByPartition")
