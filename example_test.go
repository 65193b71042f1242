package dagster_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// Order is one sale.
type Order struct {
	Customer string
	Cents    int
}

func loadOrders(context.Context) ([]Order, error) {
	return []Order{{"ann", 300}, {"bob", 450}}, nil
}

func total(_ context.Context, orders []Order) (int, error) {
	sum := 0
	for _, o := range orders {
		sum += o.Cents
	}
	return sum, nil
}

// Two assets, the second made from the first, run in memory.
func Example() {
	orders := dagster.NewAsset("orders", dagster.From(loadOrders))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, total))
	shop := dagster.NewRepository("shop", orders, revenue)

	r, err := shop.Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	cents, err := revenue.Value(r)
	fmt.Println(r.Status(), cents, err)
	// Output: SUCCESS 750 <nil>
}

func ExampleNewAsset() {
	orders := dagster.NewAsset("raw/orders", dagster.From(loadOrders),
		dagster.Group("sales"), dagster.Kinds("csv"), dagster.Owners("team:finance"),
		dagster.Retry(dagster.RetryPolicy{Max: 3, Delay: time.Second, Backoff: dagster.Exponential}))
	info, err := dagster.NewRepository("shop", orders).Assets()
	fmt.Println(info[0].Key, info[0].Group, info[0].Kinds, info[0].Owners, err)
	// Output: raw/orders sales [csv] [team:finance] <nil>
}

// What is made elsewhere is given a value in a test.
func ExampleNewSource() {
	rates := dagster.NewSource[float64]("rates/eur")
	price := dagster.NewAsset("price", dagster.From1(rates, func(_ context.Context, rate float64) (string, error) {
		return fmt.Sprintf("%.2f EUR", 10*rate), nil
	}))
	r, err := dagster.NewRepository("shop", rates, price).Materialize(context.Background(), "*", rates.Given(0.9))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(price.Value(r))
	// Output: 9.00 EUR <nil>
}

// A factory is a function; FanIn takes the handles that it returned.
func ExampleFanIn() {
	var regions []*dagster.Asset[int]
	defs := dagster.Defs{}
	for i, name := range []string{"eu", "us", "apac"} {
		region := dagster.NewAsset("revenue/"+name, dagster.From(func(context.Context) (int, error) { return i + 1, nil }))
		regions, defs = append(regions, region), append(defs, region)
	}
	world := dagster.NewAsset("revenue/world", dagster.From1(dagster.FanIn(regions...), func(_ context.Context, parts []int) (string, error) {
		return fmt.Sprint(parts), nil
	}))
	r, err := dagster.NewRepository("shop", defs, world).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(world.Value(r))
	// Output: [1 2 3] <nil>
}

func ExampleField() {
	type split struct{ Paid, Open []Order }
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) (split, error) {
		return split{Paid: []Order{{"ann", 300}}, Open: []Order{{"bob", 450}}}, nil
	}))
	paid := dagster.NewAsset("paid", dagster.From1(dagster.Field(orders, func(s *split) *[]Order { return &s.Paid }), total))
	r, err := dagster.NewRepository("shop", orders, paid).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(paid.Value(r))
	// Output: 300 <nil>
}

// A body that may make nothing; what needs it is skipped then.
func ExampleSkippable() {
	news := dagster.NewAsset("news", dagster.Skippable(dagster.From(func(context.Context) (dagster.Maybe[string], error) {
		return dagster.Maybe[string]{}, nil
	})))
	digest := dagster.NewAsset("digest", dagster.From1(news, func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil }))
	r, err := dagster.NewRepository("press", news, digest).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range r.Steps() {
		fmt.Println(s.Key, s.Status)
	}
	// Output:
	// news SUCCESS
	// digest SKIPPED
}

func ExampleOptional() {
	last := dagster.NewSource[int]("last")
	next := dagster.NewAsset("next", dagster.From1(dagster.Optional(last), func(_ context.Context, n dagster.Maybe[int]) (int, error) {
		return n.Value + 1, nil
	}))
	r, err := dagster.NewRepository("count", last, next).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(next.Value(r))
	// Output: 1 <nil>
}

// A resource is opened when it is first needed, and closed when the run is over; a test puts a fake in its place.
func ExampleNewResource() {
	db := dagster.NewResource("db", dagster.From(func(context.Context) (map[string]int, error) {
		fmt.Println("open")
		return map[string]int{"ann": 300}, nil
	}), func(map[string]int) error {
		fmt.Println("close")
		return nil
	})
	ann := dagster.NewAsset("ann", dagster.From1(db, func(_ context.Context, db map[string]int) (int, error) { return db["ann"], nil }))
	repo := dagster.NewRepository("shop", ann)

	r, err := repo.Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ann.Value(r))
	r, err = repo.Materialize(context.Background(), "*", db.Replace(map[string]int{"ann": 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ann.Value(r))
	// Output:
	// open
	// close
	// 300 <nil>
	// 1 <nil>
}

func ExampleNewConfig() {
	type loadConfig struct {
		Dir   string         `json:"dir"`
		Limit int            `json:"limit"`
		Token dagster.Secret `json:"token"`
	}
	load := dagster.NewConfig("load", loadConfig{Dir: "data", Limit: 10, Token: dagster.Env("SHOP_TOKEN")})
	files := dagster.NewAsset("files", dagster.From1(load, func(_ context.Context, c loadConfig) (string, error) {
		return fmt.Sprintf("%+v", c), nil
	}))
	repo := dagster.NewRepository("shop", files)
	for _, option := range []dagster.RunOption{
		load.Set(loadConfig{Dir: "testdata"}),
		dagster.RunConfig([]byte(`{"config": {"load": {"limit": 3}}}`)),
		dagster.RunConfig([]byte(`{"config": {"load": {"limits": "three"}}}`)),
	} {
		r, err := repo.Materialize(context.Background(), "*", option)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(files.Value(r))
	}
	// Output:
	// {Dir:testdata Limit:0 Token:[secret]} <nil>
	// {Dir:data Limit:3 Token:[secret]} <nil>
	// config.load.limits: unknown field, did you mean "limit"?
}

// An IO manager of one's own, for one type.
func ExampleIOFuncs() {
	table := map[string]int{}
	warehouse := dagster.NewResource("warehouse", dagster.From(func(context.Context) (dagster.IOManager, error) {
		return dagster.IOFuncs(
			func(_ context.Context, at dagster.Address, v int) error { table[at.Asset] = v; return nil },
			func(_ context.Context, at dagster.Address) (int, error) {
				v, ok := table[at.Asset]
				if !ok {
					return 0, dagster.ErrNotStored
				}
				return v, nil
			}), nil
	}), nil)
	answer := dagster.NewAsset("answer", dagster.From(func(context.Context) (int, error) { return 42, nil }), dagster.StoredIn(warehouse))
	_, err := dagster.NewRepository("shop", answer).Materialize(context.Background(), "*")
	fmt.Println(table, err)
	// Output: map[answer:42] <nil>
}

// Values as files, which another process can read.
func ExampleFileIO() {
	dir, err := os.MkdirTemp("", "values")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	inst := dagster.NewInstance(dagster.InstanceConfig{IO: dagster.FileIO(dir)})
	orders := dagster.NewAsset("raw/orders", dagster.From(loadOrders))
	if _, err := dagster.NewRepository("shop", orders).Materialize(context.Background(), "*", dagster.OnInstance(inst)); err != nil {
		fmt.Println(err)
		return
	}
	data, err := os.ReadFile(dir + "/raw/orders.json")
	fmt.Print(string(data), err, "\n")
	fmt.Println(orders.Load(context.Background(), inst, ""))
	// Output:
	// [{"Customer":"ann","Cents":300},{"Customer":"bob","Cents":450}]
	// <nil>
	// [{ann 300} {bob 450}] <nil>
}

// What a body says of its value is recorded with it.
func ExampleAddMetadata() {
	orders := dagster.NewAsset("orders", dagster.From(func(ctx context.Context) ([]Order, error) {
		got, err := loadOrders(ctx)
		dagster.AddMetadata(ctx, metadata.Rows(len(got)), metadata.Markdown("note", "**all** paid"))
		return got, err
	}))
	r, err := dagster.NewRepository("shop", orders).Materialize(context.Background(), "*")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range r.Metadata(orders) {
		fmt.Println(e.Key, e.Value)
	}
	// Output:
	// dagster/row_count 2
	// note **all** paid
}

// A failed step, with something to show.
func ExampleFailure() {
	orders := dagster.NewAsset("orders", dagster.From(func(context.Context) ([]Order, error) {
		return nil, &dagster.Failure{Description: "no orders today", Metadata: []metadata.Entry{metadata.Int("rows", 0)}}
	}))
	r, err := dagster.NewRepository("shop", orders).Materialize(context.Background(), "*")
	step, ok := errors.AsType[*dagster.StepError](err)
	fmt.Println(r.Status(), ok, step)
	// Output: FAILURE true step "orders": no orders today
}

func ExampleRetryAfter() {
	tries := 0
	page := dagster.NewAsset("page", dagster.From(func(context.Context) (string, error) {
		if tries++; tries == 1 {
			return "", dagster.RetryAfter(errors.New("too many requests"), time.Millisecond)
		}
		return "hello", nil
	}))
	r, err := dagster.NewRepository("web", page).Materialize(context.Background(), "*")
	fmt.Println(r.Status(), r.Steps()[0].Attempts, err)
	// Output: SUCCESS 2 <nil>
}

// Every mistake at once, each with the line that made it.
func ExampleRepository_Validate() {
	elsewhere := dagster.NewAsset("elsewhere", dagster.From(loadOrders))
	revenue := dagster.NewAsset("revenue!", dagster.From1(elsewhere, total), dagster.Timeout(-time.Second))
	err := dagster.NewRepository("shop", revenue).Validate()
	for e := range strings.Lines(err.Error()) {
		what, _, _ := strings.Cut(e, " (")
		what, _, _ = strings.Cut(what, ", declared")
		fmt.Println(strings.TrimSpace(what))
	}
	// Output:
	// asset "revenue!": key: part "revenue!": only letters, digits, "_", "-" and "." are allowed
	// asset "revenue!": timeout -1s: not positive
	// asset "revenue!": it needs asset "elsewhere"
}

// Failed steps again, with what succeeded as it was stored.
func ExampleRepository_Reexecute() {
	broken := true
	orders := dagster.NewAsset("orders", dagster.From(loadOrders))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, func(ctx context.Context, in []Order) (int, error) {
		if broken {
			return 0, errors.New("rates are missing")
		}
		return total(ctx, in)
	}))
	shop := dagster.NewRepository("shop", orders, revenue)
	inst := dagster.OnInstance(dagster.NewInstance(dagster.InstanceConfig{}))
	first, err := shop.Materialize(context.Background(), "*", inst)
	fmt.Println(first.Status(), err != nil)

	broken = false
	second, err := shop.Reexecute(context.Background(), first.RunID(), dagster.FailedSteps(), inst)
	fmt.Println(second.Status(), second.Run().Assets, err)
	// Output:
	// FAILURE true
	// SUCCESS [revenue] <nil>
}

// Events as they are stored.
func ExampleOnEvents() {
	orders := dagster.NewAsset("orders", dagster.From(loadOrders))
	_, err := dagster.NewRepository("shop", orders).Materialize(context.Background(), "*", dagster.OnEvents(func(events []storage.Event) {
		for _, e := range events {
			fmt.Println(e.Kind, e.Step)
		}
	}))
	fmt.Println(err)
	// Output:
	// STEP_START orders
	// STEP_OUTPUT orders
	// ASSET_MATERIALIZATION orders
	// HANDLED_OUTPUT orders
	// STEP_SUCCESS orders
	// <nil>
}

func ExampleSelection() {
	orders := dagster.NewAsset("raw/orders", dagster.From(loadOrders), dagster.Group("raw"), dagster.Kinds("csv"))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, total), dagster.Group("sales"), dagster.Tags(map[string]string{"tier": "1"}))
	report := dagster.NewAsset("report", dagster.From1(revenue, func(_ context.Context, cents int) (string, error) { return strconv.Itoa(cents), nil }), dagster.Group("sales"))
	shop := dagster.NewRepository("shop", orders, revenue, report)
	for _, sel := range []dagster.Selection{
		"*",
		"group:sales and not tag:tier=\"1\"",
		"1+key:report",
		`key:"raw/*"+`,
		"roots(group:sales) or kind:csv",
		"key:nothing",
		"group:sales and colour:blue",
	} {
		fmt.Println(shop.Selected(sel))
	}
	// Output:
	// [raw/orders revenue report] <nil>
	// [report] <nil>
	// [revenue report] <nil>
	// [raw/orders revenue report] <nil>
	// [raw/orders revenue] <nil>
	// [] <nil>
	// [] selection "group:sales and colour:blue": at 17: unknown attribute "colour"; is it "column"?
}

func ExampleSelect() {
	orders := dagster.NewAsset("orders", dagster.From(loadOrders))
	revenue := dagster.NewAsset("revenue", dagster.From1(orders, total))
	shop := dagster.NewRepository("shop", orders, revenue)
	for _, sel := range []dagster.Selection{dagster.Select(orders), "orders+", "+key:revenue", "revenues"} {
		fmt.Println(shop.Selected(sel))
	}
	// Output:
	// [orders] <nil>
	// [orders revenue] <nil>
	// [orders revenue] <nil>
	// [] selection "revenues": at 1: no asset "revenues"; is it "revenue"?
}
