package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Marked calls visit with every process, except this one, that was started with name=value in its environment, and with what that
// environment says of other names. Processes whose environment this one may not read are passed over.
// It returns [ErrUnknown] where the system has no /proc.
func Marked(name, value string, visit func(pid int, lookup func(name string) (string, bool))) error {
	dir, err := os.Open("/proc")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	mark := []byte(name + "=" + value)
	for _, entry := range names {
		pid, err := strconv.Atoi(entry)
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := environment(pid)
		if err != nil || !bytes.Contains(env, mark) || !contains(env, mark) {
			continue
		}
		visit(pid, func(name string) (string, bool) { return lookup(env, name) })
	}
	return nil
}

// IsMarked reports whether a process was started with name=value in its environment.
func IsMarked(pid int, name, value string) bool {
	env, err := environment(pid)
	return err == nil && contains(env, []byte(name+"="+value))
}

// environment returns what a process was started with. While a process replaces its program it has none for a moment, which would
// hide one that is just being started: then it is asked again.
func environment(pid int) ([]byte, error) {
	read := func() ([]byte, error) { return os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ") }
	env, err := read()
	for n, starting := 0, true; err == nil && len(env) == 0 && starting && n < 100; n++ {
		s, failed := readStat(pid)
		if starting = failed == nil && s.starting; starting {
			<-time.After(time.Millisecond)
		}
		env, err = read() // also where it has just got one
	}
	return env, err
}

func contains(env, mark []byte) bool {
	for entry := range bytes.SplitSeq(env, []byte{0}) {
		if bytes.Equal(entry, mark) {
			return true
		}
	}
	return false
}

func lookup(env []byte, name string) (string, bool) {
	for entry := range strings.SplitSeq(string(env), "\x00") {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}
