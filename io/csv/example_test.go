package csv_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dagster-go/dagster/io/csv"
)

// Sale is a row.
type Sale struct {
	Day   time.Time `csv:"day"`
	Item  string    `csv:"item"`
	Cents int       `csv:"cents"`
}

// Rows become lines under a header.
func ExampleEncode() {
	day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	err := csv.Encode(os.Stdout, []Sale{{day, "tea", 250}, {day, `cup, "large"`, 900}})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// day,item,cents
	// 2024-01-02T00:00:00Z,tea,250
	// 2024-01-02T00:00:00Z,"cup, ""large""",900
}

// Columns are found by name, and those that Sale does not have are ignored.
func ExampleDecode() {
	file := "item,shop,cents,day\ntea,north,250,2024-01-02T00:00:00Z\n"
	sales, err := csv.Decode[Sale](strings.NewReader(file))
	fmt.Println(sales, err)
	// Output:
	// [{2024-01-02 00:00:00 +0000 UTC tea 250}] <nil>
}

// A mistake is found by its line and column.
func ExampleDecode_mistake() {
	file := "item,cents,day\ntea,cheap,2024-01-02T00:00:00Z\n"
	_, err := csv.Decode[Sale](strings.NewReader(file))
	fmt.Println(err)
	// Output:
	// decode csv: line 2, column "cents": want int, got "cheap"
}
