package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
)

const (
	workersDir = "workers"
	lockSuffix = ".lock"
)

// worker is this process among those that execute runs in a home. It holds a lock on the file of its name, which the
// system lets go of when the process ends, however it ends. The locks are gofrs/flock's: they hold on Windows too.
type worker struct {
	name string
	path string
	lock *flock.Flock
}

// startWorker takes a new name. Whoever sweeps may remove the file between its creation and its lock; then the next name
// is tried.
func startWorker(dir string) (*worker, error) {
	folder := filepath.Join(dir, workersDir)
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	for {
		w := &worker{name: uuid.NewString()}
		w.path = lockPath(dir, w.name)
		w.lock = flock.New(w.path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		if err := w.lock.Lock(); err != nil {
			return nil, fmt.Errorf("lock %q: %w", w.path, err)
		}
		// Only this loop creates files of that name, so one that is there is the one that is locked.
		if _, err := os.Stat(w.path); err == nil {
			return w, nil
		}
		_ = w.lock.Close() // of a file that is gone
	}
}

// stop gives the name up.
func (w *worker) stop() {
	_ = os.Remove(w.path) // what stays is swept by the next process
	_ = w.lock.Close()
}

func lockPath(dir, name string) string { return filepath.Join(dir, workersDir, name+lockSuffix) }

// alive reports whether the process of that name may still run. Of names that no worker of a home has, as other programs
// give themselves, nothing is known: they count as alive.
func alive(dir, name string) bool {
	if uuid.Validate(name) != nil {
		return true
	}
	lock := probe(lockPath(dir, name))
	free, err := lock.TryLock()
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	_ = lock.Close()
	return !free
}

// probe is a lock that does not create its file.
func probe(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDWR)) }

// sweep removes the lock files of processes that are gone. What cannot be removed does no harm.
func sweep(dir string) {
	folder := filepath.Join(dir, workersDir)
	files, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), lockSuffix) {
			continue
		}
		path := filepath.Join(folder, f.Name())
		lock := probe(path)
		if free, err := lock.TryLock(); err == nil && free {
			_ = os.Remove(path)
		}
		_ = lock.Close()
	}
}
