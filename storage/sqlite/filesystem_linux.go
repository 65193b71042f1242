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

// networkName knows the magic numbers of statfs(2).
func networkName(magic uint32) string {
	switch magic {
	case 0x6969:
		return "NFS"
	case 0x517b, 0xff534d42, 0xfe534d42:
		return "SMB"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x73757245:
		return "Coda"
	case 0x01021997:
		return "9P"
	case 0x00c36400:
		return "Ceph"
	case 0x0bd00bd0:
		return "Lustre"
	case 0x47504653:
		return "GPFS"
	default:
		return ""
	}
}
