package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What is read as run config is bounded: a file of a few bytes may stand for more values than a machine can hold.
const (
	maxConfigBytes  = 1 << 20
	maxConfigValues = 50_000
	maxConfigDepth  = 64
	maxConfigTime   = 5 * time.Second
	maxMistakes     = 100 // that are told
)

// mistake is something wrong in run config, and where.
type mistake struct {
	at   position
	text string
}

// settingReader reads one file.
type settingReader struct {
	file   string
	values int
	wrong  []mistake
	over   bool     // a bound was passed: the rest is not looked at
	alias  position // that what is read is repeated by, the outermost one
}

func (r *settingReader) mistake(at position, format string, args ...any) {
	if len(r.wrong) < maxMistakes {
		r.wrong = append(r.wrong, mistake{at: at, text: fmt.Sprintf(format, args...)})
	}
}

// take counts a value, and reports whether it is within bounds.
func (r *settingReader) take(at position, depth int) bool {
	r.values++
	if r.alias.line > 0 {
		at = r.alias
	}
	switch {
	case r.over:
		return false
	case depth > maxConfigDepth:
		r.mistake(at, "nested more than %d levels deep", maxConfigDepth)
	case r.values > maxConfigValues:
		r.mistake(at, "more than %d values, counting those that an alias repeats", maxConfigValues)
	default:
		return true
	}
	r.over = true
	return false
}

// member puts one of an object's values, unless it has that name already.
func (r *settingReader) member(to *setting, name string, key position, v *setting) {
	if first, ok := to.keys[name]; ok {
		r.mistake(key, "%q is given twice, first in line %d", name, first.line)
		return
	}
	if v != nil {
		to.put(name, key, v)
	}
}

// readSettings reads a config file: JSON or YAML as its name says, else as it looks. The setting is nil if there is
// nothing to go on with.
func readSettings(stdin io.Reader, name string) (*setting, []mistake, error) {
	data, err := readBounded(stdin, name)
	if err != nil {
		return nil, nil, err
	}
	r := &settingReader{file: name}
	if name == "-" {
		r.file = "stdin"
	}
	if strings.TrimSpace(strings.TrimPrefix(string(data), bom)) == "" {
		return nil, nil, fmt.Errorf("read %q: it is empty; {} is a config that sets nothing", name)
	}
	root := r.read(data, strings.ToLower(filepath.Ext(name)))
	if r.over {
		return nil, r.wrong, nil
	}
	if root != nil && root.kind != settingObject {
		r.mistake(root.at, "want names and values, such as {\"config\": {\"NAME\": {\"FIELD\": 1}}}")
		root = nil
	}
	return root, r.wrong, nil
}

const bom = "\ufeff"

func (r *settingReader) read(data []byte, kind string) *setting {
	data = []byte(strings.TrimPrefix(string(data), bom))
	switch kind {
	case ".json":
		return r.json(data)
	case ".yaml", ".yml":
		return r.yaml(data)
	}
	if !slices.Contains([]byte("{["), data[strings.IndexFunc(string(data), notSpace)]) {
		return r.yaml(data)
	}
	asJSON := &settingReader{file: r.file}
	if root := asJSON.json(data); root != nil {
		*r = *asJSON
		return root
	}
	if root := r.yaml(data); root != nil && len(r.wrong) == 0 {
		return root
	}
	*r = *asJSON // it looks like JSON, so that is what to put right
	return nil
}

func notSpace(r rune) bool { return !strings.ContainsRune(" \t\r\n", r) }

func readBounded(stdin io.Reader, name string) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the user's own choice
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxConfigBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %q: %w", name, err)
	case len(data) > maxConfigBytes:
		return nil, fmt.Errorf("read %q: longer than %d MiB", name, maxConfigBytes>>20)
	}
	return data, nil
}

var errTooSlow = errors.New("it takes too long to read")

// timed is a reader that gives up after a while. Who parses what it gives asks for little at a time.
type timed struct {
	io.Reader
	until time.Time
}

func (t *timed) Read(p []byte) (int, error) {
	if time.Now().After(t.until) {
		return 0, errTooSlow
	}
	return t.Reader.Read(p)
}
