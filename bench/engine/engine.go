// Package engine holds no code: its benchmarks compare our engine with another one on the same graphs of steps that do
// nothing.
package engine
