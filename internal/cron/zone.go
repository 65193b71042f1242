package cron

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // Containers often hold no time zones; a schedule must not stop there. 0.4 MB.
)

// ErrLocal reports a zone that would not mean the same on another machine.
var ErrLocal = errors.New("want a name that is the same everywhere, such as Europe/Berlin or UTC")

// Zone returns the place with an IANA name; the empty name is UTC. Where the system knows no zones it is found in the
// data that the program was built with.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("time zone %q: %w", name, ErrLocal)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	return loc, nil
}
