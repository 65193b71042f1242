package cli_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// aging is a repository that says how fresh its assets should be.
func aging() *dagster.Repository {
	body := dagster.From(func(context.Context) (int, error) { return 1, nil })
	return dagster.NewRepository("aging",
		dagster.NewAsset("orders", body, dagster.FreshWithin(26*time.Hour, 24*time.Hour)),
		dagster.NewAsset("report", body, dagster.FreshBy("0 0 29 2 *", 90*time.Minute, dagster.TimeZone("Europe/Berlin"))),
		dagster.NewAsset("free", body), dagster.NewSource[int]("theirs", dagster.FreshWithin(time.Hour)))
}

func TestAssetStatus(t *testing.T) {
	t.Parallel()

	home, cfg := newHome(t), cli.Config{Repositories: []*dagster.Repository{aging()}}
	var b strings.Builder
	for _, command := range []string{
		"asset status", "asset show orders", "asset materialize --select orders or report", "asset status", "asset show report", "asset show orders --json",
		"asset status --select free", "asset status --select theirs --json", "asset status --select nope", "asset status orders",
	} {
		args := strings.SplitN(command, " --select ", 2)
		words := strings.Fields(args[0])
		if len(args) == 2 {
			sel, asJSON := strings.CutSuffix(args[1], " --json")
			words = append(words, "--select", sel)
			if asJSON {
				words = append(words, "--json")
			}
		}
		if words[1] == "materialize" {
			words = append(words, "--max-concurrent", "1")
		}
		g := call(t, cfg, at(home, words...)...)
		if words[1] == "materialize" { // one after the other: the IDs of events are shown
			requireCode(t, 0, g)
			continue
		}
		fmt.Fprintf(&b, "$ shop %s\n%s%s= %d\n\n", command, g.stdout, g.stderr, g.code)
	}
	golden(t, "assetstatus", normalise(b.String(), filepath.Dir(home)))
}
