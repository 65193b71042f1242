package weather

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Output says where the report goes.
type Output struct {
	Dir string `json:"dir"` // made if it is not there
}

var output = dagster.NewConfig("output", Output{Dir: "seattle-report"})

// Validate refuses an empty folder.
func (o Output) Validate() error {
	if o.Dir == "" {
		return errors.New("dir: empty")
	}
	return nil
}

// Folder is the opened folder of the report. A file name cannot lead out of it.
var Folder = dagster.NewResource(
	"folder", dagster.From1(output, openFolder), (*os.Root).Close, dagster.Description("Where the report is written."),
)

func openFolder(_ context.Context, to Output) (*os.Root, error) {
	if err := os.MkdirAll(to.Dir, 0o755); err != nil { //nolint:gosec // a report is for everybody
		return nil, err
	}
	return os.OpenRoot(to.Dir)
}

// Report is the page and the picture as files in a folder of the user's choice.
var Report = dagster.NewAsset(
	"report/files", dagster.From3(Folder, Page, Chart, dagster.Do3(WriteFiles)), dagster.Group("report"), dagster.Kinds("html"),
	dagster.Description("The page and the picture, written to the folder that the config `output` names."),
)

// WriteFiles writes the report into a folder.
func WriteFiles(ctx context.Context, folder *os.Root, page, chart string) error {
	for name, content := range map[string]string{"index.html": page, "chart.svg": chart} {
		if err := folder.WriteFile(name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	path, err := filepath.Abs(filepath.Join(folder.Name(), "index.html"))
	if err != nil {
		return err
	}
	dagster.Log(ctx).Info("wrote the report", zap.String("path", path))
	dagster.AddMetadata(ctx, metadata.Path("report", path), metadata.URL("open", "file://"+filepath.ToSlash(path)))
	return nil
}
