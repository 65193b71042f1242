package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
)

// configFlags say what a run is configured with.
type configFlags struct {
	files []string
	sets  []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.files, "config", nil, "YAML or JSON `FILE` with run config; may be given several times, the later over the earlier; \"-\" is standard input")
	flags.StringArrayVar(&f.sets, "set", nil, "one value of the run config, `PATH=VALUE`, such as config.NAME.FIELD=3; may be given several times")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml", "json")
}

// runConfig is what the flags come to.
type runConfig struct {
	root  *setting
	order map[string]int // of the files and flags
	wrong []mistake
	torn  bool // a part of it could not be read: what the library would say of the rest might not be true
}

// read reads the files and lays the flags over them; nil if there are none. The error is of what cannot be read at all;
// what is wrong in it is kept, for check to report with all else.
func (f *configFlags) read(stdin io.Reader, want shape) (*runConfig, error) {
	if len(f.files) == 0 && len(f.sets) == 0 {
		return nil, nil //nolint:nilnil // nothing is configured
	}
	c := &runConfig{order: make(map[string]int)}
	vars := &variables{lookup: os.LookupEnv}
	if err := f.readFiles(stdin, c, vars, want); err != nil {
		return nil, err
	}
	if c.root == nil {
		c.root = newObject(position{})
	}
	for _, text := range f.sets {
		if err := c.set(text, vars, want); err != nil {
			return nil, err
		}
	}
	c.wrong = append(c.wrong, vars.wrong...)
	return c, nil
}

func (f *configFlags) readFiles(stdin io.Reader, c *runConfig, vars *variables, want shape) error {
	var errs []error
	for _, name := range f.files {
		root, wrong, err := readSettings(stdin, name)
		if err != nil {
			errs = append(errs, usage("--config: %w", err))
			continue
		}
		for i := range wrong {
			c.place(wrong[i].at)
		}
		c.wrong = append(c.wrong, wrong...)
		if root == nil {
			c.torn = true
			continue
		}
		c.place(root.at)
		vars.run(root, want)
		c.root = root.over(c.root)
	}
	if len(errs) > 0 {
		return &exit{code: exitUsage, err: errors.Join(errs...)}
	}
	return nil
}

// place gives a file or a flag its place among the others.
func (c *runConfig) place(at position) {
	if _, ok := c.order[at.file]; !ok {
		c.order[at.file] = len(c.order)
	}
}

// option is the run config for the library, none for nil.
func (c *runConfig) options() []dagster.RunOption {
	if c == nil {
		return nil
	}
	var b bytes.Buffer
	c.root.write(&b)
	return []dagster.RunOption{dagster.RunConfig(b.Bytes())}
}

// errChecked ends a run that is only to be checked.
var errChecked = errors.New("checked")

// check reports every mistake in the config at once, before anything is opened or run: those of the files, and those that
// the library finds.
func (c *runConfig) check(ctx context.Context, start func(context.Context, ...dagster.RunOption) (*dagster.Result, error), opts []dagster.RunOption) error {
	switch {
	case c == nil:
		return nil
	case c.torn:
		return c.report(nil)
	}
	ended, cancel := context.WithCancelCause(ctx)
	cancel(errChecked)
	_, err := start(ended, append(slices.Clone(opts), c.options()...)...)
	if errors.Is(err, errChecked) || ctx.Err() != nil { // what was canceled before is told by the run
		return c.report(nil)
	}
	return c.report(err)
}

// report joins the mistakes that the files have with an error of the library; nil if there is neither.
func (c *runConfig) report(err error) error {
	if c == nil {
		return err
	}
	all := slices.Clone(c.wrong)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			if m := c.locate(strings.TrimRight(line, "\n")); m != nil {
				all = append(all, *m)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &exit{code: exitUsage, err: &located{c.text(all), err}}
}

// text is the mistakes in the order in which they were written, the first of very many.
func (c *runConfig) text(all []mistake) string {
	slices.SortStableFunc(all, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(c.order[a.at.file], c.order[b.at.file]), cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.column, b.at.column))
	})
	lines := make([]string, 0, len(all))
	for _, m := range all[:min(len(all), maxMistakes)] {
		text := screen().Truncate(m.text, most, "…")
		if path, ok := strings.CutPrefix(m.at.file, "--set "); ok { // not twice
			text = strings.TrimPrefix(text, path+": ")
		}
		if m.at.file != "" {
			text = m.at.String() + ": " + text
		}
		lines = append(lines, text)
	}
	if more := len(all) - maxMistakes; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d mistakes more", more))
	}
	return strings.Join(lines, "\n")
}

// located is an error with the places of its lines.
type located struct {
	text string
	err  error
}

func (l *located) Error() string { return l.text }
func (l *located) Unwrap() error { return l.err }

// locate finds where the setting was written that one line of the library's error is about. It is nil if the mistake is
// known.
func (c *runConfig) locate(line string) *mistake {
	path := line
	if _, rest, ok := strings.Cut(line, `config "`); ok && (rest == line[len(`config "`):] || strings.HasPrefix(line, `step "`)) {
		if name, err := strconv.QuotedPrefix(`"` + rest); err == nil { // by the check of its own that a config has
			path = "config[" + name + "]." + strings.TrimPrefix(rest[len(name)-1:], ": ")
		}
	}
	found, name, depth := c.root.find(path)
	switch {
	case depth == 0:
		return &mistake{text: line}
	case found.void:
		return nil
	case strings.Contains(line, ": unknown ") || strings.HasSuffix(line, ": no step of that name"):
		return &mistake{at: name, text: line}
	}
	return &mistake{at: found.at, text: line}
}

// set lays one flag over the config.
func (c *runConfig) set(text string, vars *variables, want shape) error {
	path, word, err := cutSet(text)
	if err != nil {
		return usage("--set %s: %w", text, err)
	}
	flag := position{file: "--set " + strings.Join(path, ".")}
	c.place(flag)
	value := c.setValue(flag, word)
	if value == nil {
		return nil
	}
	layer := newObject(flag)
	at := layer
	for _, name := range path[:len(path)-1] {
		next := newObject(flag)
		at.put(name, flag, next)
		at = next
	}
	last := path[len(path)-1]
	at.put(last, flag, value)
	vars.run(layer, want)
	into := c.root
	for i, name := range path[:len(path)-1] {
		next, ok := into.members[name]
		if !ok || layer.members[name].kind != settingObject { // what is set may be a reference to a variable
			into.put(name, flag, layer.members[name])
			return nil
		}
		if next.kind != settingObject {
			c.wrong = append(c.wrong, mistake{at: flag, text: fmt.Sprintf("%s is no object, it has no %q (%s)", strings.Join(path[:i+1], "."), path[i+1], next.at)})
			return nil
		}
		into, layer = next, layer.members[name]
	}
	into.put(last, flag, layer.members[last])
	return nil
}

// setValue reads the value of a flag as YAML, which JSON is.
func (c *runConfig) setValue(flag position, word string) *setting {
	if word == "" {
		return newScalar(flag, "")
	}
	r := &settingReader{file: flag.file}
	value := r.yaml([]byte(word))
	for _, m := range r.wrong {
		c.wrong = append(c.wrong, mistake{at: flag, text: m.text})
	}
	if value == nil || len(r.wrong) > 0 {
		return nil
	}
	value.moveTo(flag)
	return value
}

// moveTo says of a value and of all in it where it was written.
func (s *setting) moveTo(at position) {
	s.at = at
	for _, item := range s.items {
		item.moveTo(at)
	}
	for _, name := range s.names {
		s.keys[name] = at
		s.members[name].moveTo(at)
	}
}

// cutSet takes the flag apart: names joined by dots, in quotes if they have dots themselves, and the value.
func cutSet(text string) (path []string, value string, err error) {
	rest := text
	for {
		name, after, err := cutName(rest)
		if err != nil {
			return nil, "", err
		}
		path = append(path, name)
		switch {
		case strings.HasPrefix(after, "="):
			return path, after[1:], nil
		case strings.HasPrefix(after, "."):
			rest = after[1:]
		default:
			return nil, "", errors.New("want PATH=VALUE, such as config.NAME.FIELD=3")
		}
	}
}

func cutName(text string) (name, rest string, err error) {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		end := strings.IndexByte(text[1:], text[0])
		if end < 0 {
			return "", "", fmt.Errorf("a quote %c without its end", text[0])
		}
		return text[1 : 1+end], text[2+end:], nil
	}
	end := strings.IndexAny(text, ".=")
	if end == 0 || text == "" {
		return "", "", errors.New("a name is missing; want PATH=VALUE, such as config.NAME.FIELD=3")
	}
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], nil
}

func quoted(s string) string { return strconv.Quote(s) }
