package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
	"github.com/dagster-go/dagster/storage/sqlite"
)

const database = "dagster.db"

// errNoRuns reports a home in which nothing was ever run.
var errNoRuns = errors.New("no runs yet")

// home is the folder of runs and values, open.
type home struct {
	store storage.Storage
	inst  *dagster.Instance
	own   *worker // nil for a home that is only read
}

// homeDir is where the home is, and need not exist.
func (a *app) homeDir() (string, error) {
	dir := a.home
	if dir == "" {
		dir = a.Getenv("DAGSTER_HOME")
	}
	if dir == "" {
		dir = ".dagster"
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", homeError(dir, err)
	}
	return abs, nil
}

// homeError is one line that says what to do.
func homeError(dir string, err error) error {
	if errors.Is(err, context.Canceled) {
		return &exit{code: exitInterrupted, err: err}
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return &exit{code: exitHome, err: fmt.Errorf("home %q: %w", dir, &folded{text, err})}
}

// folded is an error with another text.
type folded struct {
	text string
	err  error
}

func (f *folded) Error() string {
	return f.text + " (--home or DAGSTER_HOME chooses another folder)"
}
func (f *folded) Unwrap() error { return f.err }

// readHome opens the home to look at runs. One that does not exist is not made: the error wraps errNoRuns.
func (a *app) readHome(ctx context.Context) (*home, error) {
	dir, err := a.existing()
	if err != nil {
		return nil, err
	}
	return a.open(ctx, dir, nil)
}

// peekHome is the store of the home, for who changes nothing and says nothing.
func (a *app) peekHome(ctx context.Context) (storage.Storage, error) {
	dir, err := a.existing()
	if err != nil {
		return nil, err
	}
	return a.openStore(ctx, dir)
}

// existing is the folder of a home that has a database.
func (a *app) existing() (string, error) {
	dir, err := a.homeDir()
	if err != nil || a.Open != nil {
		return dir, err
	}
	_, err = os.Stat(filepath.Join(dir, database))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: looked in %q (--home or DAGSTER_HOME chooses another folder)", errNoRuns, dir)
	case err != nil:
		return "", homeError(dir, err)
	}
	return dir, nil
}

// runHome opens the home to execute runs, and makes it if need be. While it is open the process holds a lock by which
// others know that it lives.
func (a *app) runHome(ctx context.Context) (*home, error) {
	dir, err := a.homeDir()
	if err != nil {
		return nil, err
	}
	if err := makeHome(dir); err != nil {
		return nil, homeError(dir, err)
	}
	own, err := startWorker(dir)
	if err != nil {
		return nil, homeError(dir, err)
	}
	h, err := a.open(ctx, dir, own)
	if err != nil {
		own.stop()
	}
	return h, err
}

func (a *app) open(ctx context.Context, dir string, own *worker) (*home, error) {
	store, err := a.openStore(ctx, dir)
	if err != nil {
		return nil, homeError(dir, err)
	}
	h := &home{store: store, own: own}
	cfg := dagster.InstanceConfig{Storage: store, IO: dagster.FileIO(filepath.Join(dir, "storage"))}
	if own != nil {
		cfg.Worker = own.name
	}
	h.inst = dagster.NewInstance(cfg)
	if a.Open != nil {
		return h, nil
	}
	if err := a.endLost(ctx, dir, h.inst); err != nil {
		return nil, homeError(dir, errors.Join(err, store.Close()))
	}
	return h, nil
}

func (a *app) openStore(ctx context.Context, dir string) (storage.Storage, error) {
	if a.Open != nil {
		return a.Open(ctx)
	}
	return sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, database)})
}

// endLost ends the runs of processes that are gone, and says so.
func (a *app) endLost(ctx context.Context, dir string, inst *dagster.Instance) error {
	ended, err := inst.EndLost(ctx, func(name string) bool { return alive(dir, name) })
	if err != nil {
		return err
	}
	sweep(dir)
	switch len(ended) {
	case 0:
		return nil
	case 1:
		fmt.Fprintf(a.Stderr, "%s: run %s was left by a process that is gone: it is now %s\n", a.Name, ended[0].ID, ended[0].Status)
		return nil
	}
	ids := make([]string, len(ended))
	for i, r := range ended {
		ids[i] = string(r.ID)
	}
	fmt.Fprintf(a.Stderr, "%s: %d runs were left by processes that are gone and are now ended: %s\n", a.Name, len(ended), strings.Join(ids, ", "))
	return nil
}

// close frees the home; the runs of this process have ended.
func (h *home) close() error {
	err := h.store.Close()
	if h.own != nil {
		h.own.stop()
	}
	return err
}

// makeHome makes the folder for this user alone, and keeps it out of version control. A folder that holds something is
// left as it is: it may be a project's own.
func makeHome(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // above the home the umask decides
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600)
}
