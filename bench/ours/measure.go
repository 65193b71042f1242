package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// figures are what one child measured, by name.
type figures map[string]float64

// line is one figure as it is printed: the median of several runs.
type line struct {
	Case   string    `json:"case"`
	N      int       `json:"n"`
	Value  float64   `json:"value"`
	Unit   string    `json:"unit"`
	Runs   []float64 `json:"runs"`
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Load   float64   `json:"load1"`
}

func emit(name string, n int, unit string, runs []float64) error {
	for i, r := range runs {
		runs[i] = math.Round(r*1e6) / 1e6
	}
	sorted := slices.Sorted(slices.Values(runs))
	median := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
	return json.NewEncoder(os.Stdout).Encode(line{
		name, n, median, unit, runs, median, sorted[0], sorted[len(sorted)-1], loadAverage(),
	})
}

func loadAverage() float64 {
	src, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return -1
	}
	var load float64
	if _, err := fmt.Sscan(string(src), &load); err != nil {
		return -1
	}
	return load
}

// watch starts a stop-watch; the function that it returns gives the seconds since, on the wall and of this
// process's CPU.
func watch() func() (wall, cpu float64) {
	start, used := time.Now(), cpuSeconds(syscall.RUSAGE_SELF)
	return func() (float64, float64) { return time.Since(start).Seconds(), cpuSeconds(syscall.RUSAGE_SELF) - used }
}

func cpuSeconds(who int) float64 {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return seconds(u.Utime) + seconds(u.Stime)
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// child runs a task in a new process of this program. Its figures get "wall_s", "cpu_s" and "peak_rss_mib" of the
// whole process.
func child(ctx context.Context, t task) (figures, error) {
	c, err := start(ctx, t)
	if err != nil {
		return nil, err
	}
	return c.wait()
}

// running is a child that has started.
type running struct {
	cmd   *exec.Cmd
	out   bytes.Buffer
	begin time.Time
	gate  io.Closer
}

// start starts a child, which waits for its standard input to close before it does anything that counts, if its case
// says so.
func start(ctx context.Context, t task) (*running, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &running{cmd: exec.CommandContext(ctx, self, "-child", string(text))}
	c.cmd.Stdout, c.cmd.Stderr = &c.out, os.Stderr
	if c.gate, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	c.begin = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Case, err)
	}
	return c, nil
}

// open lets the child go. Once is enough.
func (c *running) open() error {
	if err := c.gate.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// wait lets the child go and waits for it to end.
func (c *running) wait() (figures, error) {
	if err := c.open(); err != nil {
		return nil, err
	}
	if err := c.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("child %s: %w", c.cmd.Args, err)
	}
	var got figures
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil {
		return nil, fmt.Errorf("child %s: %w", c.cmd.Args, err)
	}
	got["wall_s"] = time.Since(c.begin).Seconds()
	got["cpu_s"] = (c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()).Seconds()
	if u, ok := c.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		got["peak_rss_mib"] = float64(u.Maxrss) / 1024
	}
	return got, nil
}

// metric says which figure is printed as which line.
type metric struct{ figure, suffix, unit string }

// series measures a task several times, each in a new process, and prints a line for each metric.
func series(ctx context.Context, name string, t task, repeat int, metrics []metric) error {
	runs := map[string][]float64{}
	for range repeat {
		got, err := child(ctx, t)
		if err != nil {
			return err
		}
		for figure, value := range got {
			runs[figure] = append(runs[figure], value)
		}
	}
	for _, m := range metrics {
		if err := emit(name+m.suffix, t.N, m.unit, runs[m.figure]); err != nil {
			return err
		}
	}
	return nil
}

// sizes returns the small sizes, and all of them if asked.
func sizes(every bool, small []int, more ...int) []int {
	if every {
		return append(small, more...)
	}
	return small
}
