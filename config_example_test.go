package dagster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dagster-go/dagster"
)

// Place is where rows come from: a Folder or a Bucket.
type Place interface{ Rows() string }

// Folder is a place on this machine.
type Folder struct {
	Dir string `json:"dir" doc:"where the files are"`
}

// Rows says what is read.
func (f Folder) Rows() string { return "the files of " + f.Dir }

// Bucket is a place elsewhere.
type Bucket struct {
	Name string         `json:"name" required:"true"`
	Key  dagster.Secret `json:"key"`
}

// Rows says what is read.
func (b Bucket) Rows() string { return "the objects of " + b.Name }

// Import is the config of a job.
type Import struct {
	From Place         `json:"from"`
	Mode string        `json:"mode" enum:"full,delta" doc:"Whether to read all, or what is new."`
	Wait time.Duration `json:"wait"`
	Most dagster.Size  `json:"most" doc:"How much to read at once."`
}

// importing is a repository with a job that has a config.
func importing() (*dagster.Graph[string], *dagster.Repository) {
	settings := dagster.NewConfig("import", Import{From: Folder{Dir: "data"}, Mode: "full", Wait: 90 * time.Second, Most: 64 << 20},
		dagster.Case[Place]("folder", Folder{}), dagster.Case[Place]("bucket", Bucket{Key: dagster.Env("BUCKET_KEY")}),
		dagster.Description("What to import, and how."))
	read := dagster.NewOp1("read", func(_ context.Context, c Import) (string, error) {
		return fmt.Sprintf("%s, at most %v at once", c.From.Rows(), c.Most), nil
	})
	g := dagster.NewGraph("import_rows", func(s *dagster.Scope) dagster.Output[string] { return read.In(s, settings) })
	return g, dagster.NewRepository("rows", dagster.NewJob("import", g))
}

// A field of an interface type is one of the cases that the config lists, chosen by name.
func ExampleCase() {
	g, repo := importing()
	for _, config := range []string{
		`{}`,
		`{"config": {"import": {"from": {"bucket": {"name": "rows"}}, "most": "1.5GB"}}}`,
		`{"config": {"import": {"from": {"buckets": {}}, "mode": "new"}}}`,
	} {
		r, err := repo.ExecuteJob(context.Background(), "import", dagster.RunConfig([]byte(config)))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(g.Value(r))
	}
	// Output:
	// the files of data, at most 64MiB at once <nil>
	// the objects of rows, at most 1500MB at once <nil>
	// config.import.from.buckets: unknown case, did you mean "bucket"? Known are folder, bucket
	// config.import.mode: want one of full, delta, got string "new"
}

func ExampleRepository_ScaffoldConfig() {
	_, repo := importing()
	text, err := repo.ScaffoldConfig("import")
	fmt.Print(string(text), err)
	// Output:
	// # Run config of job "import": what is left out keeps the value that is shown here.
	// config:
	//   # What to import, and how.
	//   import:
	//     from:  # one of folder, bucket
	//       folder:
	//         # where the files are
	//         dir: data  # string
	//       # bucket:
	//       #   name: ""  # string, required
	//       #   key: {env: BUCKET_KEY}  # secret
	//     # Whether to read all, or what is new.
	//     mode: full  # one of full, delta
	//     wait: 1m30s  # duration
	//     # How much to read at once.
	//     most: 64MiB  # size
	//
	// # The same for single steps.
	// # ops:
	// #   # read: {config: {...}} as "import" above.
	// <nil>
}

func ExampleRepository_ConfigSchema() {
	_, repo := importing()
	text, err := repo.ConfigSchema("import")
	if err != nil {
		fmt.Println(err)
		return
	}
	var schema struct {
		Title string
		Defs  map[string]struct {
			Properties map[string]struct {
				Description string
				Enum        []string
				Default     any
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		fmt.Println(err)
		return
	}
	mode := schema.Defs["import"].Properties["mode"]
	fmt.Println(schema.Title)
	fmt.Println(mode.Description, mode.Enum, mode.Default)
	// Output:
	// Run config of job "import"
	// Whether to read all, or what is new. [full delta] full
}

// Set replaces a value as a whole; Update changes some of it.
func ExampleConfig_Update() {
	settings := dagster.NewConfig("import", Import{From: Folder{Dir: "data"}, Mode: "full"},
		dagster.Case[Place]("folder", Folder{}), dagster.Case[Place]("bucket", Bucket{}))
	rows := dagster.NewAsset("rows", dagster.From1(settings, func(_ context.Context, c Import) (string, error) {
		return c.Mode + ", " + c.From.Rows(), nil
	}))
	r, err := dagster.NewRepository("r", rows).Materialize(context.Background(), "*",
		settings.Update(func(c *Import) { c.Mode = "delta" }))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rows.Value(r))
	// Output: delta, the files of data <nil>
}

func ExampleParseSize() {
	for _, text := range []string{"64MiB", "1.5GB", "4096", "0.1KiB", "-1kB"} {
		size, err := dagster.ParseSize(text)
		fmt.Println(int64(size), size, err)
	}
	// Output:
	// 67108864 64MiB <nil>
	// 1500000000 1500MB <nil>
	// 4096 4KiB <nil>
	// 0 0B size "0.1KiB": not a whole number of bytes
	// 0 0B size "-1kB": want a number of bytes, or one with a unit like "64MiB"
}
