package storage_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/storage"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "stored strings never change")
}

// names returns the values of the constants of a type in a source file, in order: those that nobody thought of too.
func names(t *testing.T, file, typ string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	var values []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, isIdent := spec.Type.(*ast.Ident); isIdent && id.Name == typ {
			v, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			values = append(values, v)
		}
		return true
	})
	require.NotEmpty(t, values)
	return values
}

func kinds(t *testing.T) []storage.EventKind {
	t.Helper()
	var all []storage.EventKind
	for _, s := range names(t, "event.go", "EventKind") {
		all = append(all, storage.EventKind(s))
	}
	return all
}

func statuses(t *testing.T) []storage.RunStatus {
	t.Helper()
	var all []storage.RunStatus
	for _, s := range names(t, "run.go", "RunStatus") {
		all = append(all, storage.RunStatus(s))
	}
	return all
}

func TestStoredNamesAreGolden(t *testing.T) {
	t.Parallel()

	golden(t, "testdata/event_kinds.txt", strings.Join(names(t, "event.go", "EventKind"), "\n")+"\n")
	golden(t, "testdata/check_states.txt", strings.Join(names(t, "check.go", "CheckState"), "\n")+"\n")
	golden(t, "testdata/partition_states.txt", strings.Join(names(t, "partition.go", "PartitionState"), "\n")+"\n")
	golden(t, "testdata/instigator_kinds.txt", strings.Join(names(t, "instigator.go", "InstigatorKind"), "\n")+"\n")
	golden(t, "testdata/instigator_statuses.txt", strings.Join(names(t, "instigator.go", "InstigatorStatus"), "\n")+"\n")
	golden(t, "testdata/tick_statuses.txt", strings.Join(names(t, "tick.go", "TickStatus"), "\n")+"\n")
	golden(t, "testdata/run_statuses.txt", strings.Join(names(t, "run.go", "RunStatus"), "\n")+"\n")
}
