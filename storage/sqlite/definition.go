package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"

	"github.com/dagster-go/dagster/partition"
)

// division is how an asset is divided.
type division struct {
	definition partition.Definition
	grid       partition.Grid
	numbered   bool   // keys have a place on the grid
	mark       string // the fingerprint of the grid, under which it is stored
}

func newDivision(d partition.Definition) *division {
	g, ok := d.Grid()
	return &division{d, g, ok, g.Fingerprint().String()}
}

// place says where a key is kept besides its row.
type place struct {
	numbered bool // there is a place
	line     string
	position int

	stray bool // it should have one, but the definition has no such key
}

// place returns where a key is kept; a nil division is that of an asset of which nobody said how it is divided.
func (d *division) place(key string) place {
	if d == nil || !d.numbered || key == "" {
		return place{}
	}
	line, position, ok := d.grid.Place(key)
	return place{ok, line, position, !ok}
}

// maxDefinitions bounds how many definitions are held; each has tables of its own.
const maxDefinitions = 1024

// definitions holds those that were seen, so that each is compiled once.
type definitions struct {
	known  map[partition.Fingerprint]*division
	byMark map[string]*division
	mu     sync.Mutex
}

func newDefinitions() *definitions {
	return &definitions{known: map[partition.Fingerprint]*division{}, byMark: map[string]*division{}}
}

// of returns the division of a definition.
func (d *definitions) of(def partition.Definition) *division {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v := d.known[def.Fingerprint()]; v != nil {
		return v
	}
	if len(d.known) >= maxDefinitions {
		clear(d.known)
		clear(d.byMark)
	}
	v := newDivision(def)
	d.known[def.Fingerprint()], d.byMark[v.mark] = v, v
	return v
}

// read returns the division that is stored under a mark. It is nil if positions are counted in another way now than
// when it was stored: then no one has yet said how the asset is divided, as far as this program goes.
func (d *definitions) read(ctx context.Context, c *conn, mark string) (*division, error) {
	d.mu.Lock()
	v := d.byMark[mark]
	d.mu.Unlock()
	if v != nil {
		return v, nil
	}
	form := ""
	err := c.query(ctx, "SELECT definition FROM definitions WHERE fingerprint = ?", []driver.Value{mark}, func(row []driver.Value) error {
		form = text(row[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	parsed, err := partition.ParseDefinition([]byte(form))
	if err != nil {
		return nil, fmt.Errorf("definition %s: %w: %w", mark, ErrDamaged, err)
	}
	if v = d.of(parsed); v.mark != mark {
		return nil, nil //nolint:nilnil // see above
	}
	return v, nil
}

const (
	divisionOf = `SELECT d.fingerprint, v.strays, a.n FROM divisions v CROSS JOIN definitions d ON d.n = v.definition
		LEFT JOIN assets a ON a.key = v.asset WHERE v.asset = ?`
	divisionOfNumber = `SELECT d.fingerprint FROM assets a CROSS JOIN divisions v ON v.asset = a.key
		CROSS JOIN definitions d ON d.n = v.definition WHERE a.n = ?`
)

// stored is a row of divisions.
type stored struct {
	mark   string // empty if there is none
	strays int
	asset  int64 // assets.n, 0 if the asset has no events
}

func readDivision(ctx context.Context, c *conn, asset string) (out stored, err error) {
	err = c.query(ctx, divisionOf, []driver.Value{asset}, func(row []driver.Value) error {
		out = stored{text(row[0]), int(integer(row[1])), integer(row[2])}
		return nil
	})
	return out, err
}

// division returns how the asset with a number is divided, nil if nobody said so.
func (t *tx) division(asset int64) (*division, error) {
	if d, ok := t.divisions[asset]; ok {
		return d, nil
	}
	mark := ""
	err := t.query(divisionOfNumber, []driver.Value{asset}, func(row []driver.Value) error {
		mark = text(row[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	var d *division
	if mark != "" {
		if d, err = t.definitions.read(context.Background(), t.c, mark); err != nil {
			return nil, t.fault(err)
		}
		if d == nil {
			// Its sets would say nothing of what is stored from now on.
			if err := t.exec("DELETE FROM divisions WHERE asset = (SELECT key FROM assets WHERE n = ?)", asset); err != nil {
				return nil, err
			}
		}
	}
	t.divisions[asset] = d
	return d, nil
}
