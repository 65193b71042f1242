// Package machine decides what follows from what in a run: which steps are ready, tried again, skipped or left out, and
// how the run ends. It is pure: events go in, commands come out, and the same events always give the same commands.
// It has no clock, no goroutine and does no I/O, so that the in-process engine, a cluster and a replay from a log
// all mean the same by a plan.
//
// A driver compiles a [Plan] once, starts a [Machine] with [New], or with [Rebuild] from the events of a run that was
// cut off, carries out the commands it is given, and reports to [Machine.Apply] what came of them until
// [Machine.Done].
package machine
