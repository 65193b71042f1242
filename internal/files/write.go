package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Write replaces the value of name by what the function writes, and returns its size. When Write returns without an
// error the new value survives a crash. If the function returns an error or panics, if the context ends before the
// value is complete, or if the process dies, the previous value stays, or there is still none. The one exception is
// an error of the very last step, which makes the change durable: the new value is then in place and may be lost.
//
// The function streams: Write holds a small buffer, never the value. It must not use its writer after it returns.
func (d *Dir) Write(ctx context.Context, name Name, write func(io.Writer) error) (int64, error) {
	if name == (Name{}) {
		return 0, fmt.Errorf("write value: empty name: %w", fs.ErrInvalid)
	}
	size, err := d.replace(ctx, name.String(), write)
	if err != nil {
		return 0, d.wrap("write", name, err)
	}
	return size, nil
}

func (d *Dir) replace(ctx context.Context, target string, write func(io.Writer) error) (size int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	temp, f, err := d.create()
	if err != nil {
		return 0, cause(err)
	}
	// Also when the function panics or ends its goroutine.
	stored := false
	defer func() {
		if !stored {
			_ = f.Close() // already closed, or its content no longer matters
			if e := d.root.Remove(temp); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, fmt.Errorf("remove %q: %w", temp, cause(e)))
			}
		}
	}()

	if size, err = fill(ctx, f, write); err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, cause(err)
	}
	if err := d.move(temp, target); err != nil {
		return 0, cause(err)
	}
	stored = true
	return size, cause(d.sync(path.Dir(target)))
}

// create opens a new file for an unfinished value.
func (d *Dir) create() (string, *os.File, error) {
	if err := d.makeFolder(tempFolder); err != nil {
		return "", nil, err
	}
	temp := tempName()
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrNotExist) { // the folder was removed by hand
		d.forget()
		if err := d.makeFolder(tempFolder); err != nil {
			return "", nil, err
		}
		f, err = d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	}
	return temp, f, err
}

// fill writes the value and waits until it is on the disk.
func fill(ctx context.Context, f *os.File, write func(io.Writer) error) (int64, error) {
	out := &output{ctx: ctx, dst: bufio.NewWriterSize(f, bufferSize)}
	err := write(out)
	if err == nil {
		err = out.end()
	}
	out.err = os.ErrClosed
	if err != nil {
		return 0, err
	}
	return out.size, cause(f.Sync())
}

// move gives a complete value its name.
func (d *Dir) move(temp, target string) error {
	if err := d.makeFolder(path.Dir(target)); err != nil {
		return err
	}
	err := d.root.Rename(temp, target)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A folder was removed by hand since this process made it.
	d.forget()
	if err := d.makeFolder(path.Dir(target)); err != nil {
		return err
	}
	return d.root.Rename(temp, target)
}

// makeFolder makes a folder and those above it. It trusts only folders that this process has synced: one that is
// there may have been made a moment ago by a process that has not yet synced it.
func (d *Dir) makeFolder(folder string) error {
	if folder == "." || d.isDurable(folder) {
		return nil
	}
	parent := path.Dir(folder)
	if err := d.makeFolder(parent); err != nil {
		return err
	}
	if err := d.root.Mkdir(folder, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.sync(parent); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable[folder] = true
	return nil
}

func (d *Dir) isDurable(folder string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.durable[folder]
}

func (d *Dir) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.durable)
}
