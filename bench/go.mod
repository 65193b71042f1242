module github.com/dagster-go/dagster/bench

go 1.26.0

require (
	github.com/adhocore/gronx v1.20.4
	github.com/dagster-go/dagster v0.0.0
	github.com/google/uuid v1.6.0
	github.com/noneback/go-taskflow v1.2.0
	github.com/robfig/cron/v3 v3.0.1
)

require (
	github.com/mattn/go-sqlite3 v1.14.53 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
)

replace github.com/dagster-go/dagster => ../
