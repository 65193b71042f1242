//go:build cgo

package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// connect opens a connection to the database that a URI names.
func connect(uri string) (driver.Conn, error) { return (&sqlite3.SQLiteDriver{}).Open(uri) }

// libraryVersion is SQLite's version as a number: 3051003 for 3.51.3.
func libraryVersion() int {
	_, number, _ := sqlite3.Version()
	return number
}

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
