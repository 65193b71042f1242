package metadata_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

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

// The type of a plain value is found, or there is an error.
func ExampleOf() {
	for _, e := range []metadata.Entry{
		metadata.Of("rows", 7),
		metadata.Of("took", 90*time.Second),
		metadata.Of("by_country", map[string]int{"NL": 3, "DE": 4}),
		metadata.Of("picture", []byte{0x89}),
	} {
		fmt.Println(e.Key, e.Value, e.Err())
	}
	// Output:
	// rows 7 <nil>
	// took 1m30s <nil>
	// by_country {"DE":4,"NL":3} <nil>
	// picture []uint8 is not shown: bytes have no type: take Text, or JSON metadata "picture": []uint8: bytes have no type: take Text, or JSON
}

// Which columns of other assets the columns of an asset are made from.
func ExampleColumnLineage() {
	fmt.Println(metadata.ColumnLineage(map[string][]metadata.ColumnOf{
		"total": {{Asset: "orders", Column: "cents"}, {Asset: "rates", Column: "rate"}},
		"day":   {{Asset: "orders", Column: "at"}},
	}).Value)
	// Output: day <- orders:at; total <- orders:cents, rates:rate
}

// The columns of a table that no struct describes.
func ExampleColumnSchema() {
	e := metadata.ColumnSchema(
		metadata.Column{Name: "id", Type: "bigint", NotNull: true, Unique: true},
		metadata.Column{Name: "state", Constraints: []string{"new or paid"}},
	)
	fmt.Println(e.Key, e.Value)
	// Output: dagster/column_schema id bigint not null unique, state string new or paid
}

// What takes more room than metadata may have.
func ExampleCheck() {
	err := metadata.Check(metadata.Rows(7), metadata.Text("dump", strings.Repeat("x", 10_000_000)))
	fmt.Println(err)
	// Output: metadata "dump": 10000039 bytes, at most 1048576 may be: write it to a file, and record its path
}
