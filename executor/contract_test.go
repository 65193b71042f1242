package executor_test

import (
	"testing"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/executor/executortest"
)

func TestEngineKeepsTheContract(t *testing.T) {
	t.Parallel()
	executortest.Test(t, func(*testing.T) executor.Executor { return executor.Engine{} })
}
