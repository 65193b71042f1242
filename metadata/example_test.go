package metadata_test

import (
	"encoding/json"
	"fmt"

	"github.com/dagster-go/dagster/metadata"
)

// What a body says of the table that it wrote.
func Example() {
	type row struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	for _, e := range []metadata.Entry{
		metadata.Rows(2),
		metadata.Path("file", "/data/orders.csv"),
		metadata.Schema[row]("columns"),
		metadata.Table("sample", []row{{1, "a"}, {2, "b"}}),
	} {
		fmt.Printf("%s: %s\n", e.Key, e.Value)
	}
	// Output:
	// dagster/row_count: 2
	// file: /data/orders.csv
	// columns: id int, name string
	// sample: 2 rows (id, name)
}

// The form in which an entry is stored.
func ExampleEntry() {
	b, err := json.Marshal(metadata.Int("rows", 123))
	fmt.Println(string(b), err)
	// Output: {"key":"rows","type":"int","value":123} <nil>
}
