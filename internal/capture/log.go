package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

const (
	segments = 4 // of a log, the first of which stays
	ext      = ".log"
)

// segmentName returns the name of the file that begins at an offset of a stream.
func segmentName(stream string, offset int64) string {
	return fmt.Sprintf("%s-%020d%s", stream, offset, ext)
}

// offsetOf returns where in the stream a file begins, false if it is none of it.
func offsetOf(stream, name string) (int64, bool) {
	text, ok := strings.CutPrefix(name, stream+"-")
	if !ok {
		return 0, false
	}
	text, ok = strings.CutSuffix(text, ext)
	if !ok || len(text) != 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// log writes a stream to files in a folder: the first and the last of it. Its files lie side by side, each named by where it begins.
type log struct {
	root   *os.Root
	stream string
	max    int64
	opened func(*os.File) // is told of each file
	failed func(error)    // is told once

	file   *os.File
	size   int64   // of file
	offset int64   // of the next byte in the stream
	kept   []int64 // where the files begin
	broken bool
}

// write never fails: what can't be kept is dropped.
func (l *log) write(p []byte) {
	for len(p) > 0 && !l.broken {
		if l.file == nil || l.size >= l.max/segments {
			if err := l.next(); err != nil {
				l.fail(err)
				break
			}
		}
		n, err := l.file.Write(p[:min(int64(len(p)), l.max/segments-l.size)])
		l.size += int64(n)
		l.offset += int64(n)
		p = p[n:]
		if err != nil {
			l.fail(err)
		}
	}
}

// next begins another file, and removes one if there are too many.
func (l *log) next() error {
	if err := l.close(); err != nil {
		return err
	}
	if len(l.kept) == segments {
		if err := l.drop(); err != nil {
			return err
		}
	}
	f, err := l.root.OpenFile(segmentName(l.stream, l.offset), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	l.file, l.size = f, 0
	l.kept = append(l.kept, l.offset)
	l.opened(f)
	return nil
}

// drop removes the oldest file but the first, whose end says so from the first time on.
func (l *log) drop() error {
	if l.kept[1] == l.max/segments {
		f, err := l.root.OpenFile(segmentName(l.stream, l.kept[0]), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		err = writeEnd(f, "[truncated: more than "+strconv.FormatInt(l.max, 10)+" bytes were printed, what follows is the end]")
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	if err := l.root.Remove(segmentName(l.stream, l.kept[1])); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l.kept = append(l.kept[:1], l.kept[2:]...)
	return nil
}

// fail gives up. A full disk has no room for a word about it, so it takes the place of the last ones.
func (l *log) fail(err error) {
	l.broken = true
	if l.file != nil {
		_ = writeEnd(l.file, "[truncated: what follows could not be written]")
	}
	l.failed(fmt.Errorf("keep %s: %w", l.stream, err))
}

// writeEnd overwrites the last bytes of a file by a line of its own.
func writeEnd(f *os.File, line string) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	text := "\n" + line + "\n"
	_, err = f.WriteAt([]byte(text), max(size-int64(len(text)), 0))
	return err
}

func (l *log) close() error {
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
