//go:build linux

package launcher_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/launcher"
	"github.com/dagster-go/dagster/storage"
)

// BenchmarkLaunch measures from the call to the first byte that the worker writes. A cold worker starts this test binary,
// whose packages have little to set up.
func BenchmarkLaunch(b *testing.B) {
	for name, warm := range map[string]int{"cold": 0, "warm": 2} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			said := filepath.Join(dir, "said")
			require.NoError(b, syscall.Mkfifo(said, 0o600))
			line, err := os.OpenFile(said, os.O_RDWR, 0)
			require.NoError(b, err)
			ends := make(chan launcher.End, 1)
			p, err := launcher.NewProcess(launcher.ProcessConfig{
				Home: dir, Logs: filepath.Join(dir, "logs"), Instance: dir, Warm: warm,
				Env: []string{childVar + "=say"}, Exited: func(e launcher.End) { ends <- e },
			})
			require.NoError(b, err)
			for b.Loop() {
				b.StopTimer()
				require.Eventually(b, func() bool { return p.Ready() == warm }, limit, time.Millisecond) // the next would be cold otherwise
				b.StartTimer()
				q := launcher.Request{Run: storage.RunID(uuid.NewString()), Epoch: 1, Job: "x", Tags: map[string]string{"say": said}}
				if err := p.Launch(b.Context(), q); err != nil {
					b.Fatal(err)
				}
				if _, err := line.Read(make([]byte, 1)); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				<-ends
				b.StartTimer()
			}
			require.NoError(b, p.Close(b.Context()))
			require.NoError(b, line.Close())
		})
	}
}
