package sqlite

import (
	"fmt"
	"syscall"
)

// networkFileSystem names the file system of dir if it is one whose locks do not hold between machines.
func networkFileSystem(dir string) (string, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return "", fmt.Errorf("look at the file system of %q: %w", dir, err)
	}
	return networkName(uint32(st.Type)), nil //nolint:gosec // the magic numbers have 32 bits
}
