//go:build !cgo

package sqlite

import (
	"database/sql/driver"
	"errors"
)

// connect is never reached: without a library no store is opened.
func connect(string) (driver.Conn, error) { return nil, errors.ErrUnsupported }

// libraryVersion says that there is no library.
func libraryVersion() int { return 0 }

func explain(_ string, err error) error { return err }
