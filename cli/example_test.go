package cli_test

import (
	"context"
	"fmt"
	"os"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// A program's main function is cli.Main(shop) alone. Run is for a program that wires more itself.
func ExampleRun() {
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) ([]int, error) { return []int{3, 4}, nil }),
		dagster.Description("Every order."))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, func(_ context.Context, o []int) (int, error) { return len(o), nil }))

	err := cli.Run(context.Background(), cli.Config{
		Repositories: []*dagster.Repository{dagster.NewRepository("shop", orders, revenue)},
		Name:         "shop",
		Args:         []string{"asset", "list"},
		Stdout:       os.Stdout,
	})
	fmt.Println("exit code", cli.ExitCode(err))
	// Output:
	// ASSET    GROUP    NEEDS   DESCRIPTION
	// orders   default          Every order.
	// revenue  default  orders
	// exit code 0
}
