package cli_test

import (
	"context"
	"fmt"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
	"github.com/dagster-go/dagster/metadata"
)

// told is a repository that has something of each kind to say.
func told() *dagster.Repository {
	type sale struct {
		ID   int    `json:"id"`
		Note string `json:"note"`
	}
	sales := dagster.NewAsset("sales", dagster.From(func(ctx context.Context) (int, error) {
		rows := make([]sale, 23)
		for i := range rows {
			rows[i] = sale{i, fmt.Sprintf("line %d\nmore", i)}
		}
		dagster.AddMetadata(ctx,
			metadata.Rows(23), metadata.Float("mean", 1.5), metadata.Bool("whole", true), metadata.Null("none"),
			metadata.Text("text", "one line"), metadata.Text("lines", "one\ntwo\x1b[31m"), metadata.URL("url", "https://x.org"),
			metadata.Path("file", "/data/sales.csv"), metadata.Notebook("notebook", "/n.ipynb"), metadata.Markdown("md", "**b**\n\n- c"),
			metadata.JSON("json", map[string]int{"a": 1}), metadata.Of("large json", map[string]any{"days": make([]int, 60)}),
			metadata.Asset("asset", "up/a"), metadata.Run("run", "r1"), metadata.Job("job", "nightly", "lab"),
			metadata.Time("at", time.Unix(1700000000, 0)), metadata.BigInt("big", new(big.Int).Lsh(big.NewInt(1), 70)),
			metadata.Table("sample", rows), metadata.Table("no rows", []sale{}),
			metadata.ColumnLineage(map[string][]metadata.ColumnOf{"id": {{Asset: "orders", Column: "id"}}, "note": {{Asset: "orders", Column: "text"}, {Asset: "people", Column: "name"}}}),
		)
		return 1, nil
	}), dagster.Metadata(
		metadata.TableName("db.public.sales"),
		metadata.ColumnSchema(metadata.Column{Name: "id", Type: "int", NotNull: true, Unique: true, Description: "Counted.\nMore."}, metadata.Column{Name: "note"}),
		metadata.CodeReferences(metadata.CodeReference{URL: "https://git.example/sales.sql", Label: "query"}),
	))
	return dagster.NewRepository("told", sales)
}

func TestMetadataIsReadable(t *testing.T) {
	t.Parallel()

	home, cfg := newHome(t), cli.Config{Repositories: []*dagster.Repository{told()}}
	requireCode(t, 0, call(t, cfg, at(home, "asset", "materialize")...))
	shown := call(t, cfg, at(home, "asset", "show", "sales")...)
	requireCode(t, 0, shown)
	events := call(t, cfg, at(home, "run", "events", "latest")...)
	requireCode(t, 0, events)
	golden(t, "metadata", normalise(shown.stdout+"\n"+events.stdout, filepath.Dir(home)))
}
