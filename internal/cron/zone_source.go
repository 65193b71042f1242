package cron

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// ZoneSource says where time zones are taken from: the folder of a system, with the version of its data if it says so, or
// the data that the program was built with, which has no version but that of Go.
func ZoneSource() string {
	places := []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}
	if own := os.Getenv("ZONEINFO"); own != "" { // the order is that of time.LoadLocation
		places = append([]string{own}, places...)
	}
	for _, place := range places {
		if _, err := os.Stat(place); err == nil { //nolint:gosec // as in zoneVersion
			return strings.TrimSpace(place + " " + zoneVersion(place))
		}
	}
	return "built in, of " + runtime.Version()
}

// zoneVersion is the version of zone data in a folder, such as 2025b; empty if nothing there says it.
func zoneVersion(dir string) string {
	f, err := os.Open(filepath.Join(dir, "tzdata.zi")) //nolint:gosec // a place that the time package reads as well
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	first, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return ""
	}
	version, ok := strings.CutPrefix(strings.TrimSpace(first), "# version ")
	if !ok {
		return ""
	}
	return version
}
