package examples_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/quakes/week"
)

// files are the contents of what is in a folder, by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()

	all := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(text)
		return err
	})
	require.NoError(t, err)
	return all
}

// One job makes the same report from the shell, from a program and in a test, byte for byte.
func TestQuakesAreTheSameEverywhere(t *testing.T) {
	t.Parallel()

	here := t.TempDir()
	r, err := dagster.NewRepository("quakes", week.Definitions).Execute(t.Context(), week.Job,
		dagster.RunConfig(fmt.Appendf(nil, `{"config": {"output": {"dir": %q}}}`, here)))
	require.NoError(t, err)
	w, err := week.Report.Value(r)
	require.NoError(t, err)
	want := files(t, here)
	require.Len(t, want, 12)

	program := t.TempDir()
	said := run(t, program, build(t, "./quakes/once", "once"))
	assert.Equal(t, fmt.Sprintf("%d earthquakes, the largest in %s\n", w.Count, w.Largest.Region()), said)
	assert.True(t, fmt.Sprint(want) == fmt.Sprint(files(t, filepath.Join(program, "quakes-report"))), "from a program")

	shell := t.TempDir()
	said = run(t, shell, build(t, "./quakes", "quakes"), "job", "execute", "week")
	assert.Contains(t, said, "SUCCESS")
	assert.True(t, fmt.Sprint(want) == fmt.Sprint(files(t, filepath.Join(shell, "quakes-report"))), "from the shell")
}

// Every command of the example's README does what it says, in the order in which it is shown.
func TestCommandsOfQuakesExist(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	programs := map[string]string{"./examples/quakes": build(t, "./quakes", "quakes"), "./examples/quakes/once": build(t, "./quakes/once", "once")}
	text, err := os.ReadFile("quakes/README.md")
	require.NoError(t, err)
	shown := 0
	for _, command := range indented(string(text)) {
		command = regexp.MustCompile(`go run (\S+)`).ReplaceAllStringFunc(command, func(call string) string {
			shown++
			return programs[strings.TrimPrefix(call, "go run ")]
		})
		if !strings.Contains(command, "/quakes") && !strings.Contains(command, "/once") {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "DAGSTER_HOME=")
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", command, output)
	}
	assert.Equal(t, 6, shown)
}

// indented are the commands of a document: lines that are indented by four, each with those that carry it on.
func indented(text string) []string {
	var commands []string
	more := false
	for line := range strings.Lines(text) {
		command, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		switch {
		case !ok:
		case more:
			commands[len(commands)-1] += command
		default:
			commands = append(commands, command)
		}
		more = ok && strings.HasSuffix(command, "|")
	}
	return commands
}

// The data of the example is made from the published file by the program beside it.
func TestDataOfQuakesIsPrepared(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), build(t, "./quakes/data/prepare", "prepare"))
	cmd.Stdin = strings.NewReader(`{"type": "FeatureCollection", "features": [
		{"id": "b", "properties": {"time": 1517968154001, "mag": 2, "type": "quarry blast", "place": "X, CA"}, "geometry": {"coordinates": [-118.6, 34.4, -1]}},
		{"id": "a", "properties": {"time": 1517966773840, "mag": 4.5, "type": "earthquake", "place": "Y"}, "geometry": {"coordinates": [1, -2, 570.25]}}
	]}`)
	output, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, `time,latitude,longitude,depth_km,magnitude,type,place,id
2018-02-07T01:26:13.840Z,-2,1,570.25,4.5,earthquake,Y,a
2018-02-07T01:49:14.001Z,34.4,-118.6,-1,2,quarry blast,"X, CA",b
`, string(output))
}
