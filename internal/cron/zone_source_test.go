package cron_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dagster-go/dagster/internal/cron"
)

func TestZoneSource(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ZONEINFO", dir)
	assert.Equal(t, dir, cron.ZoneSource())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tzdata.zi"), []byte("# version 2031z\n# more\n"), 0o600))
	assert.Equal(t, dir+" 2031z", cron.ZoneSource())
	t.Setenv("ZONEINFO", filepath.Join(dir, "none"))
	assert.NotEmpty(t, cron.ZoneSource())
}
