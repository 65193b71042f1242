package launcher

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dagster-go/dagster/internal/process"
	"github.com/dagster-go/dagster/storage"
)

// record is what is kept of a worker while it lives, so that another launcher finds it. Stored: names don't change.
type record struct {
	Run   storage.RunID `json:"run"`
	Epoch int64         `json:"epoch"`
	Host  string        `json:"host"`
	Logs  string        `json:"logs,omitempty"`

	process.ID
}

const recordExt = ".json"

// records are the files of workers in a folder.
type records struct {
	root *os.Root
	host string
}

func openRecords(home string) (*records, error) {
	if home == "" {
		return nil, errors.New("no home")
	}
	dir := filepath.Join(home, "workers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &records{root, host}, nil
}

func (r *records) close() error { return r.root.Close() }

// fileOf returns the name of a run's file.
func fileOf(run storage.RunID) (string, error) {
	name := string(run)
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\:`) || len(name) > 200 {
		return "", fmt.Errorf("%q can't name a file", name)
	}
	return name + recordExt, nil
}

// write stores a record whole or not at all. It doesn't wait for the disk: after a loss of power no worker lives.
func (r *records) write(rec *record) error {
	name, err := fileOf(rec.Run)
	if err != nil {
		return err
	}
	rec.Host = r.host
	text, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	next := name + ".new"
	if err := r.root.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("record worker: %w", errors.Join(err, r.root.Remove(next)))
	}
	if err := r.root.Rename(next, name); err != nil {
		return fmt.Errorf("record worker: %w", err)
	}
	return nil
}

// read returns the record of a run, nil if there is none. A file that is no record is removed.
func (r *records) read(run storage.RunID) (*record, error) {
	name, err := fileOf(run)
	if err != nil {
		return nil, err
	}
	text, err := r.root.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // there is none, which is no mistake
	case err != nil:
		return nil, fmt.Errorf("read record of worker: %w", err)
	}
	var rec record
	if err := json.Unmarshal(text, &rec); err != nil || rec.Run != run || rec.PID <= 1 {
		return nil, r.root.Remove(name)
	}
	return &rec, nil
}

// remove removes the record of a worker, unless it is another's by now.
func (r *records) remove(run storage.RunID, id process.ID) error {
	rec, err := r.read(run)
	if err != nil || rec == nil || rec.ID != id {
		return err
	}
	name, err := fileOf(run)
	if err != nil {
		return err
	}
	if err := r.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// each calls visit with the run of every record.
func (r *records) each(visit func(run storage.RunID) error) error {
	dir, err := r.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list records of workers: %w", err)
	}
	for _, name := range names {
		if run, ok := strings.CutSuffix(name, recordExt); ok {
			if err := visit(storage.RunID(run)); err != nil {
				return err
			}
		}
	}
	return nil
}
