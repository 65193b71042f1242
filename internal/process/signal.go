package process

import "fmt"

// signals are the names of the signals 1 to 31, which are the same on all processors that Go knows but MIPS.
//
//nolint:gochecknoglobals // a table, read only
var signals = [...]string{
	1: "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
	"SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
	"SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
}

// SignalName returns the name of a signal as Linux numbers them, such as "SIGKILL" for 9.
func SignalName(number int) string {
	if number > 0 && number < len(signals) {
		return signals[number]
	}
	return fmt.Sprintf("signal %d", number)
}
