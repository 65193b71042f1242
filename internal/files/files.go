// Package files keeps values as files below one directory, so that a value is always whole: a write that fails,
// panics or is cut off by a crash leaves the previous value in place.
//
// A [Name] maps any key to a path that people can read and that no other key has. Every access goes through
// [os.Root], so neither a key nor a symbolic link leads out of the directory.
package files

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	// No name starts with a dot, so an unfinished value is never taken for one. All of them are in one folder:
	// sweeping must not walk a lake of values.
	tempFolder = ".tmp"
	tempAge    = 24 * time.Hour

	bufferSize = 32 << 10
	folderMode = 0o700
	fileMode   = 0o600
)

// Dir is a directory of values, made by [Open]. It may be used by several goroutines, and several processes may have
// the same directory open: of two concurrent writes to one name the one that ends last stays.
type Dir struct {
	root *os.Root

	mu      sync.Mutex
	durable map[string]bool // folders whose entry in their parent this process has synced
}

// Open returns the directory at root, making it if there is none, for the user alone. It removes what writes that
// were cut off more than a day ago have left.
func Open(root string) (*Dir, error) {
	if err := makeRoot(root); err != nil {
		return nil, fmt.Errorf("open directory %q: %w", root, cause(err))
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open directory %q: %w", root, cause(err))
	}
	d := &Dir{root: r, durable: map[string]bool{}}
	// A directory that is only read may be read-only: leftovers stay then, and the first write reports it.
	_, _ = d.Sweep(time.Now().Add(-tempAge))
	return d, nil
}

// makeRoot makes root and, for each folder that is new, sees to it that its parent remembers it.
func makeRoot(root string) error {
	var made []string
	for at := filepath.Clean(root); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		made = append(made, at)
	}
	if err := os.MkdirAll(root, folderMode); err != nil {
		return err
	}
	for _, folder := range made {
		if err := syncFolder(os.Open(filepath.Dir(folder))); err != nil {
			return err
		}
	}
	return nil
}

// Close lets go of the directory. Files that [Dir.Open] returned stay open.
func (d *Dir) Close() error { return d.root.Close() }

// Path returns where the value of name is or would be. It is meant to be shown, not opened.
func (d *Dir) Path(name Name) string {
	return filepath.Join(d.root.Name(), filepath.FromSlash(name.String()))
}

// Open returns the value of name for reading, or an error wrapping [fs.ErrNotExist] if there is none. A value that is
// overwritten or removed meanwhile is still read to its end.
func (d *Dir) Open(name Name) (*os.File, error) {
	if name == (Name{}) {
		return nil, fmt.Errorf("open value: empty name: %w", fs.ErrInvalid)
	}
	f, err := d.root.Open(name.String())
	if err != nil {
		return nil, d.wrap("open", name, cause(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, errors.Join(d.wrap("open", name, err), f.Close())
	}
	return f, nil
}

// Remove removes the value of name, or returns an error wrapping [fs.ErrNotExist] if there is none. It stays removed
// after a crash. The folders it was in stay.
func (d *Dir) Remove(name Name) error {
	if name == (Name{}) {
		return fmt.Errorf("remove value: empty name: %w", fs.ErrInvalid)
	}
	// Root.Remove takes away an empty folder as well, and no value is one.
	info, err := d.root.Lstat(name.String())
	if err == nil && info.IsDir() {
		err = errors.New("is a folder")
	}
	if err == nil {
		err = d.root.Remove(name.String())
	}
	if err == nil {
		err = d.sync(path.Dir(name.String()))
	}
	if err != nil {
		return d.wrap("remove", name, cause(err))
	}
	return nil
}

// Sweep removes the leftovers of writes that were cut off and last wrote before the given time, and returns how many
// there were. A write that is still going on fails if its file is swept; what is stored is never touched.
func (d *Dir) Sweep(before time.Time) (int, error) {
	entries, err := fs.ReadDir(d.root.FS(), tempFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sweep %q: %w", d.root.Name(), cause(err))
	}
	var removed int
	var errs []error
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // gone meanwhile, or in use
		}
		if err := d.root.Remove(path.Join(tempFolder, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("sweep %q: %w", path.Join(d.root.Name(), tempFolder, entry.Name()), cause(err)))
			continue
		}
		removed++
	}
	return removed, errors.Join(errs...)
}

func (d *Dir) wrap(doing string, name Name, err error) error {
	return fmt.Errorf("%s %q: %w", doing, d.Path(name), err)
}

// cause strips what the os package says about the path, which the caller names in full. It is for errors of that
// package alone: one of a write function may speak of another file.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// sync makes the entries of a folder survive a crash.
func (d *Dir) sync(folder string) error { return syncFolder(d.root.Open(folder)) }

func syncFolder(f *os.File, err error) error {
	if err != nil {
		return err
	}
	// Windows has no such call for folders: it logs their changes by itself.
	if runtime.GOOS != "windows" {
		err = f.Sync()
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// tempName returns a name below the folder of unfinished values that no other write has.
func tempName() string { return tempFolder + "/" + strings.ToLower(rand.Text()) }

// output is what a write function writes to. It counts, and stops when the context ends.
type output struct {
	ctx  context.Context //nolint:containedctx // lives as long as the call that it belongs to
	dst  *bufio.Writer
	size int64
	err  error
}

// Write fails for good with the first error, so a write function that ignores one stores nothing.
func (o *output) Write(p []byte) (int, error) {
	if o.err == nil {
		o.err = o.ctx.Err()
	}
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.dst.Write(p)
	o.size += int64(n)
	o.err = cause(err)
	return n, o.err
}

// end writes out what is held back.
func (o *output) end() error {
	if o.err == nil {
		o.err = cause(o.dst.Flush())
	}
	if o.err == nil {
		o.err = o.ctx.Err()
	}
	return o.err
}

var _ io.Writer = (*output)(nil)
