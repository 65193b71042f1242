package subprocess

import (
	"os/exec"
	"time"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/storage"
)

// Config is what [New] needs.
type Config struct {
	Plan  *executor.Plan
	Run   storage.RunID
	Epoch int64

	// Command is the process for an attempt, not started, which calls [Serve]. Its input, its environment's marks and its extra file 3
	// are set here; output that it doesn't set is this process's. It is called by several goroutines.
	Command func(c Call) *exec.Cmd

	// Logs is the folder, which exists, where the process keeps what it prints, bounded by MaxLogBytes a stream. An empty name
	// leaves it to go where this process prints to. Defaults to that for all.
	Logs        func(c Call) string
	MaxLogBytes int64

	// Memory is how many bytes of data each process may have: one that needs more ends. A program in Go has 10 to 20 MiB of its own.
	// Defaults to no limit.
	Memory int64

	// Grace is how long a process that was told to stop, because its step has timed out or its run was canceled, has until it is
	// killed. Defaults to 10 seconds.
	Grace time.Duration

	// WaitDelay is how long the output of a process that has ended is waited for: someone else may hold it. Defaults to 5 seconds.
	WaitDelay time.Duration

	// Ended is told what follows from each attempt: see [executor.Ender]. Defaults to nobody.
	Ended executor.Ender
}
