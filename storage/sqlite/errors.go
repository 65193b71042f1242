package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"
)

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

// explain turns what the driver says of a file into an error that names the file and what to do next. Errors that
// are not the driver's pass.
func explain(path string, err error) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	full := e.SystemErrno == syscall.ENOSPC || e.SystemErrno == syscall.EDQUOT
	switch {
	case e.Code == sqlite3.ErrFull, e.Code == sqlite3.ErrIoErr && full:
		return fmt.Errorf("%s: %w (%s): free some space, then try again", path, ErrFull, e.Error())
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB:
		return fmt.Errorf("%s: %w (%s): restore a copy, or move the file away to start anew", path, ErrDamaged, e.Error())
	case e.Code == sqlite3.ErrReadonly, e.Code == sqlite3.ErrPerm:
		return fmt.Errorf("%s: %w (%s): make the file and its directory writable", path, ErrReadOnly, e.Error())
	case e.Code == sqlite3.ErrBusy, e.Code == sqlite3.ErrLocked:
		return fmt.Errorf("%s: %w (%s): another process writes to it; try again, or end that process", path, ErrBusy, e.Error())
	case e.Code == sqlite3.ErrIoErr:
		return fmt.Errorf("%s: %s (%w): check the disk", path, e.Error(), e.SystemErrno)
	default:
		return fmt.Errorf("%s: %s", path, e.Error())
	}
}

// hopeless reports an error that each request of a group would meet on its own as well.
func hopeless(err error) bool {
	return errors.Is(err, ErrBusy) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrNewer)
}
