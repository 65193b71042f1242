package capture

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// ReadAt reads what was kept of a stream in a folder, from an offset in all that was printed. The bytes begin at from: it is more than
// offset where what was there has been dropped. It returns [io.EOF] at the end of what there is so far, and an error
// wrapping [fs.ErrNotExist] if there is no such folder. It may be called while the stream is written.
func ReadAt(dir, stream string, p []byte, offset int64) (n int, from int64, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, offset, err
	}
	defer root.Close()
	for range 10 { // one may be dropped meanwhile
		all, err := begins(root, stream)
		if err != nil {
			return 0, offset, err
		}
		n, from, err = readAt(root, stream, all, p, offset)
		if !errors.Is(err, fs.ErrNotExist) {
			return n, from, err
		}
	}
	return n, from, err
}

// begins returns where the files of a stream begin, in order.
func begins(root *os.Root, stream string) ([]int64, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var found []int64
	for _, name := range names {
		if at, ok := offsetOf(stream, name); ok {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found, nil
}

func readAt(root *os.Root, stream string, begins []int64, p []byte, offset int64) (n int, from int64, err error) {
	for i, begin := range begins {
		if i+1 < len(begins) && begins[i+1] <= offset {
			continue
		}
		from = max(offset, begin)
		f, err := root.Open(segmentName(stream, begin))
		if err != nil {
			return 0, offset, err
		}
		n, err = f.ReadAt(p, from-begin)
		if err = errors.Join(ignoreEOF(err), f.Close()); err != nil || n > 0 {
			return n, from, err
		}
	}
	return 0, offset, io.EOF
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
