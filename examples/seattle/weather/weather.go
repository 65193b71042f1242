package weather

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/examples/seattle/data"
	"github.com/dagster-go/dagster/metadata"
)

// Source says where the observations come from.
type Source struct {
	File string `json:"file"` // CSV with the columns of data/README.md; empty for the data that comes with the program
}

var source = dagster.NewConfig("source", Source{})

// Raw is the file of observations as it was published. A file on a network drive may fail for a moment, hence the
// retries.
var Raw = dagster.NewAsset(
	"raw/weather", dagster.From1(source, ReadWeather), text(".csv"), dagster.Group("raw"), dagster.Kinds("csv"),
	dagster.Description("Daily weather of Seattle as NOAA observed it, unchanged."),
	dagster.Metadata(metadata.URL("source", "https://www.ncdc.noaa.gov/cdo-web/datatools/records")),
	dagster.Tags(map[string]string{"provider": "noaa"}),
	dagster.Retry(dagster.RetryPolicy{Max: 2, Delay: time.Second, Backoff: dagster.Exponential}),
	dagster.Timeout(time.Minute),
)

// ReadWeather returns the file that the source names.
func ReadWeather(ctx context.Context, from Source) (string, error) {
	got := data.Weather
	if from.File != "" {
		b, err := os.ReadFile(from.File)
		if err != nil {
			return "", err
		}
		got = string(b)
		dagster.AddMetadata(ctx, metadata.Path("file", from.File))
	}
	dagster.AddMetadata(ctx, metadata.Int("bytes", len(got)), metadata.Int("lines", strings.Count(got, "\n")))
	return got, nil
}

// text keeps a string as it is, in files of the given extension.
func text(ext string) dagster.StoreOption { return dagster.StoredAs(ext, writeText, readText) }

func writeText(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

func readText(r io.Reader) (string, error) {
	b, err := io.ReadAll(r)
	return string(b), err
}
