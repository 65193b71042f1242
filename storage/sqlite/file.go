package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// minLibrary is the first SQLite that two connections may write and checkpoint with at once: before it, the file could be damaged.
const minLibrary = 3_051_003

// environment is what the store finds around it; tests put other things there.
type environment struct {
	library    int                              // SQLite's version number
	fileSystem func(dir string) (string, error) // name of a file system that cannot lock, "" for one that can
	migrations func() ([]migration, error)      // all there are, in order
}

func production() environment {
	return environment{library: libraryVersion(), fileSystem: networkFileSystem, migrations: embedded}
}

// prepare makes sure that there is a file to open, and returns its absolute path.
func prepare(path string, e environment) (string, error) {
	if e.library == 0 {
		return "", fmt.Errorf("%w: this program was built without cgo: build it with CGO_ENABLED=1 and a C compiler", ErrUnsupported)
	}
	if e.library < minLibrary {
		return "", fmt.Errorf("%w: SQLite %s can damage a file that several processes use: link 3.51.3 or newer",
			ErrUnsupported, dotted(e.library))
	}
	if path == "" {
		return "", errors.New("no path given: set Config.Path")
	}
	if path == ":memory:" || strings.HasPrefix(path, "file:") { // to SQLite itself these are no files of that name
		return "", errors.New("want the path of a file, no URI: storage.NewMemory is a store in memory")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return "", denied(err, "directory", dir)
	}
	name, err := e.fileSystem(dir)
	if err != nil {
		return "", err
	}
	if name != "" {
		return "", fmt.Errorf("%w: %q is on %s, where locks do not hold: choose a local disk, or Postgres for several machines",
			ErrUnsupported, dir, name)
	}
	return path, makeFile(path)
}

func dotted(version int) string {
	return fmt.Sprintf("%d.%d.%d", version/1_000_000, version/1000%1000, version%1000)
}

// makeDir makes what is missing of dir for this user alone, whatever the umask.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil, errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%q is a file, or lies below one: give the path of a file in a directory", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := makeDir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a directory needs its x bit
}

// makeFile creates the file for this user alone before SQLite does: the log and its index get the file's mode.
func makeFile(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller's choice
	switch {
	case err == nil:
		return errors.Join(f.Chmod(0o600), f.Close())
	case !errors.Is(err, fs.ErrExist):
		return denied(err, "directory", filepath.Dir(path))
	}
	f, err = os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the caller's choice
	if err != nil {
		return denied(err, "file", path)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := writable(filepath.Dir(path)); err != nil {
		return denied(err, "directory", filepath.Dir(path))
	}
	return checkHeader(f, path)
}

// writable reports whether a file can be made next to the database: SQLite keeps its log there.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".dagster-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkHeader looks at the first bytes, so that a file that is no database is refused before anything touches it.
func checkHeader(f *os.File, path string) error {
	header := make([]byte, 100)
	n, err := io.ReadFull(f, header)
	switch {
	case errors.Is(err, io.EOF):
		return nil // empty: a database that nothing was written to
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	if n < len(header) || string(header[:16]) != "SQLite format 3\x00" {
		return fmt.Errorf("%w: it is not an SQLite database: restore a copy, or move the file away to start anew", ErrDamaged)
	}
	size := int64(header[16])<<8 | int64(header[17])
	if size == 1 {
		size = 65536
	}
	pages := int64(header[28])<<24 | int64(header[29])<<16 | int64(header[30])<<8 | int64(header[31])
	// Pages that the log still holds may be missing in the file itself. The log comes first: if it is empty now, the
	// file was complete when it was emptied.
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < pages*size {
		return fmt.Errorf("%w: it was cut off: it has %d bytes of %d: restore a copy, or move the file away to start anew",
			ErrDamaged, info.Size(), pages*size)
	}
	return nil
}

// denied says which of the two, directory or file, cannot be written.
func denied(err error, what, name string) error {
	reasons := []error{syscall.EACCES, syscall.EPERM, syscall.EROFS}
	switch {
	case slices.ContainsFunc(reasons, func(r error) bool { return errors.Is(err, r) }):
		return fmt.Errorf("%w: %s %q cannot be written (%w): make it writable or choose another path", ErrReadOnly, what, name, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %s %q: free some space, then try again", ErrFull, what, name)
	default:
		return err
	}
}
