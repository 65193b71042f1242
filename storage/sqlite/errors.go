package sqlite

import "errors"

// What callers branch on. Each is wrapped with the name of the file and what to do next.
var (
	// ErrFull reports that the disk is full: nothing of the request was stored, reading goes on.
	ErrFull = errors.New("sqlite: disk is full")

	// ErrDamaged reports a file that is not a database or whose content contradicts itself.
	ErrDamaged = errors.New("sqlite: damaged file")

	// ErrNewer reports a file that was written by a newer release.
	ErrNewer = errors.New("sqlite: file of a newer release")

	// ErrReadOnly reports a file or directory that this process may not write.
	ErrReadOnly = errors.New("sqlite: read-only")

	// ErrUnsupported reports a place or a library that cannot keep a database safe.
	ErrUnsupported = errors.New("sqlite: unsupported")

	// ErrBusy reports that another process has held the file for longer than [Config.BusyTimeout].
	ErrBusy = errors.New("sqlite: busy")
)

// hopeless reports an error that each request of a group would meet on its own as well.
func hopeless(err error) bool {
	return errors.Is(err, ErrBusy) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrNewer)
}
