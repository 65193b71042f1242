package cli_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/cli"
)

// stalled is a writer whose reader begins to read late.
type stalled struct {
	ready chan struct{}
	mu    sync.Mutex
	text  bytes.Buffer
}

func (s *stalled) Write(p []byte) (int, error) {
	<-s.ready
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// A reader that is slow does not hold the run back, and gets every event once, also those that memory had no room for.
func TestSlowReader(t *testing.T) {
	t.Parallel()

	const lines = 20_000
	for _, form := range []string{"--json", "--tag=plain="} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()

			out := &stalled{ready: make(chan struct{})}
			chatty := dagster.NewAsset("chatty", dagster.From(func(ctx context.Context) (int, error) {
				log := dagster.Log(ctx)
				for i := range lines {
					log.Warn("line", zap.Int("i", i))
				}
				return lines, nil
			}))
			last := dagster.NewAsset("last", dagster.From1(chatty, func(context.Context, int) (int, error) {
				close(out.ready) // the run has come this far though nothing was read
				return 0, nil
			}))
			cfg := cli.Config{Repositories: []*dagster.Repository{dagster.NewRepository("shop", chatty, last)}, Stdout: out}
			g := call(t, cfg, at(newHome(t), "asset", "materialize", form)...)
			requireCode(t, 0, g)
			text := out.text.String()
			if form == "--json" {
				requireSequence(t, text, "PIPELINE_SUCCESS")
			}
			assert.Equal(t, lines, strings.Count(text, "line"), form)
			require.True(t, strings.Contains(text, "last"))
		})
	}
}
