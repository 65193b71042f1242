// Package csv stores slices of structs as CSV with a header row, for dagster.StoredAs:
//
//	dagster.StoredAs(".csv", csv.Encode[Order], csv.Decode[Order])
//
// A column is named by the csv tag of its field, or else like the field; `csv:"-"` leaves a field out. Fields of embedded
// structs are columns of the row. Numbers, strings, bools, []byte (base64), types that marshal themselves as text, such
// as [time.Time], and pointers to all of these can be stored. CSV has no nil: a nil pointer is an empty field, and an
// empty field is read as a nil pointer.
package csv

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/jszwec/csvutil"
)

const tag = "csv"

// Encode writes the rows after a header, which is there also without rows. Row must be a struct.
func Encode[Row any](w io.Writer, rows []Row) error {
	if _, err := columns[Row](); err != nil {
		return fmt.Errorf("encode csv: %w", err)
	}
	out := &writer{dst: w, csv: csv.NewWriter(w)}
	enc := csvutil.NewEncoder(out)
	var none Row
	if err := enc.EncodeHeader(none); err != nil {
		return fmt.Errorf("encode csv: %w", err)
	}
	enc.AutoHeader = false
	for i := range rows {
		if err := enc.Encode(&rows[i]); err != nil {
			return fmt.Errorf("encode csv: row %d: %w", i+1, err)
		}
	}
	if err := out.flush(); err != nil {
		return fmt.Errorf("encode csv: %w", err)
	}
	return nil
}

// Decode reads what [Encode] wrote, or any CSV with a header that names a column for each field of Row; their order is
// free, further columns are ignored, and so is a byte order mark. Without rows the slice is empty, not nil. An error
// names the line and the column, or the columns that are missing.
func Decode[Row any](r io.Reader) ([]Row, error) {
	want, err := columns[Row]()
	if err != nil {
		return nil, fmt.Errorf("decode csv: %w", err)
	}
	in := csv.NewReader(newReader(r))
	in.ReuseRecord = true
	dec, err := csvutil.NewDecoder(in)
	if errors.Is(err, io.EOF) {
		err = errors.New("no header, the file is empty")
	}
	if err == nil {
		err = checkHeader(dec.Header(), want)
	}
	if err != nil {
		return nil, fmt.Errorf("decode csv: %w", err)
	}
	rows := []Row{}
	for {
		var row Row
		err := dec.Decode(&row)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decode csv: %w", located(err))
		}
		rows = append(rows, row)
	}
}

// columns returns the names of the columns of a row.
func columns[Row any]() ([]string, error) {
	t := reflect.TypeFor[Row]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("rows of type %s, want a struct", t)
	}
	var none Row
	names, err := csvutil.Header(none, tag)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("rows of type %s have no columns", t)
	}
	return names, nil
}

// checkHeader makes sure that each column is there, and only once: else the last of two would count.
func checkHeader(header, want []string) error {
	var missing []string
	for _, name := range want {
		switch n := count(header, name); {
		case n == 0:
			missing = append(missing, fmt.Sprintf("%q", name))
		case n > 1:
			return fmt.Errorf("line 1: column %q is there %d times", name, n)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("line 1: missing column %s", strings.Join(missing, ", "))
}

func count(header []string, name string) int {
	return len(slices.DeleteFunc(slices.Clone(header), func(h string) bool { return h != name }))
}

// located puts the place of an error in front.
func located(err error) error {
	if e, ok := errors.AsType[*csvutil.DecodeError](err); ok {
		if wrong, ok := errors.AsType[*csvutil.UnmarshalTypeError](e.Err); ok {
			return fmt.Errorf("line %d, column %q: want %s, got %.80q", e.Line, e.Field, wrong.Type, wrong.Value)
		}
		return fmt.Errorf("line %d, column %q: %w", e.Line, e.Field, e.Err)
	}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d, position %d: %w", e.Line, e.Column, e.Err)
	}
	return err
}

// writer is a CSV writer for any record: encoding/csv writes one with a single empty field as an empty line, which
// readers skip.
type writer struct {
	dst io.Writer
	csv *csv.Writer
}

// Write writes one record.
func (w *writer) Write(record []string) error {
	if len(record) != 1 || record[0] != "" {
		return w.csv.Write(record)
	}
	if err := w.flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w.dst, `""`+"\n")
	return err
}

func (w *writer) flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// reader prepares a file for encoding/csv: it leaves out a byte order mark, and doubles a carriage return in front of a
// line feed within quotes, since encoding/csv takes one away there too.
type reader struct {
	src    *bufio.Reader
	quoted bool
	last   byte
	held   bool // a line feed is still to be given
}

func newReader(r io.Reader) *reader {
	src := bufio.NewReader(r)
	if mark, _ := src.Peek(3); string(mark) == "\ufeff" {
		_, _ = src.Discard(len(mark))
	}
	return &reader{src: src}
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if r.held {
			p[n], r.held, r.last = '\n', false, '\n'
			n++
			continue
		}
		// Having something to give, do not wait for more.
		if n > 0 && r.src.Buffered() == 0 {
			break
		}
		c, err := r.src.ReadByte()
		if err != nil {
			if n > 0 {
				break // it comes again
			}
			return 0, err
		}
		switch {
		case c == '"':
			r.quoted = !r.quoted
		case c == '\n' && r.last == '\r' && r.quoted:
			c, r.held = '\r', true
		}
		p[n], r.last = c, c
		n++
	}
	return n, nil
}
