package process

import (
	"bufio"
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
)

// Deaths counts the processes that the system killed in the control group of this process because memory ran out. It may be
// used by several goroutines.
type Deaths struct {
	mu   sync.Mutex
	file string // where the count is; empty where there is none
	told int64
}

// NewDeaths returns a count that starts now.
func NewDeaths() *Deaths {
	d := &Deaths{file: oomFile()}
	d.told, _ = d.read()
	return d
}

// Take reports whether there was a death that nobody has taken yet, and takes it.
func (d *Deaths) Take() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.read()
	if !ok || n <= d.told {
		return false
	}
	d.told++
	return true
}

// read returns the count that the system keeps.
func (d *Deaths) read() (int64, bool) {
	if d.file == "" {
		return 0, false
	}
	text, err := os.ReadFile(d.file)
	if err != nil {
		return 0, false
	}
	return oomKills(text)
}

// oomKills reads the count out of memory.events or memory.oom_control.
func oomKills(text []byte) (int64, bool) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if count, ok := strings.CutPrefix(lines.Text(), "oom_kill "); ok {
			n, err := strconv.ParseInt(count, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// oomFile returns the file of this process's control group that has the count.
func oomFile() string {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		var tries []string
		switch parts[1] {
		case "": // version 2; the second place is the one that a container sees
			tries = []string{path.Join("/sys/fs/cgroup", parts[2], "memory.events"), "/sys/fs/cgroup/memory.events"}
		case "memory": // version 1
			tries = []string{path.Join("/sys/fs/cgroup/memory", parts[2], "memory.oom_control"), "/sys/fs/cgroup/memory/memory.oom_control"}
		}
		for _, name := range tries {
			if text, err := os.ReadFile(name); err == nil { //nolint:gosec // the system says where
				if _, ok := oomKills(text); ok {
					return name
				}
			}
		}
	}
	return ""
}
