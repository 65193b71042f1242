module github.com/dagster-go/dagster/bench

go 1.26.0

require (
	github.com/dagster-go/dagster v0.0.0
	github.com/noneback/go-taskflow v1.2.0
)

replace github.com/dagster-go/dagster => ../
