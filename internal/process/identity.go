package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ErrUnknown is returned where the system doesn't say.
var ErrUnknown = errors.New("the system doesn't say")

// ID tells a process from all others, also from one that gets its number later.
type ID struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // when it started, in ticks since the boot
	Boot  string `json:"boot"`  // which boot
}

// Identify returns the identity of the process with a number. It returns an error wrapping [os.ErrNotExist] if there is none, and
// [ErrUnknown] where the system has no /proc.
func Identify(pid int) (ID, error) {
	boot, err := bootID()
	if err != nil {
		return ID{}, err
	}
	s, err := readStat(pid)
	if err != nil {
		return ID{}, err
	}
	return ID{PID: pid, Start: s.start, Boot: boot}, nil
}

// Alive reports whether the process lives. One that has ended is gone, although its parent may not have asked how.
func (id ID) Alive() (bool, error) {
	boot, err := bootID()
	if err != nil {
		return false, err
	}
	if boot != id.Boot {
		return false, nil
	}
	s, err := readStat(id.PID)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return s.start == id.Start && s.state != 'Z' && s.state != 'X', nil
}

// bootID returns a name of the time since the machine was started.
func bootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// stat is what is needed of /proc/PID/stat.
type stat struct {
	state byte
	start uint64

	// starting says that the process has no environment yet: neither an empty one, nor is it the kernel's, which have none.
	starting bool
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, gone(err)
	}
	// The name of the program is in parentheses, and may contain some itself.
	_, rest, _ := bytes.Cut(text, []byte(") "))
	if i := bytes.LastIndex(text, []byte(") ")); i >= 0 {
		rest = text[i+2:]
	}
	fields := strings.Fields(string(rest))
	if len(fields) < 49 {
		return stat{}, fmt.Errorf("%w: %q is no stat of a process", ErrUnknown, text)
	}
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("%w: flags of process %d: %w", ErrUnknown, pid, err)
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("%w: start of process %d: %w", ErrUnknown, pid, err)
	}
	s := stat{state: fields[0][0], start: start}
	s.starting = fields[48] == "0" && flags&kernelThread == 0 && s.state != 'Z' && s.state != 'X'
	return s, nil
}

// kernelThread is PF_KTHREAD of Linux.
const kernelThread = 0x200000
