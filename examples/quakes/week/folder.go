package week

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"go.uber.org/zap"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Output says where the report goes.
type Output struct {
	Dir string `json:"dir"` // made if it is not there
}

var output = dagster.NewConfig("output", Output{Dir: "quakes-report"})

// Validate refuses an empty folder.
func (o Output) Validate() error {
	if o.Dir == "" {
		return errors.New("dir: empty")
	}
	return nil
}

// folder is the opened folder of the report. A file name cannot lead out of it.
var folder = dagster.NewResource("folder", dagster.From1(output, openFolder), (*os.Root).Close)

func openFolder(_ context.Context, to Output) (*os.Root, error) {
	if err := os.MkdirAll(to.Dir, 0o755); err != nil { //nolint:gosec // a report is for everybody
		return nil, err
	}
	return os.OpenRoot(to.Dir)
}

// draft is the folder in it where the next report is made.
const draft = "draft"

var (
	openDraft = dagster.NewOp1("open_draft", dagster.Do1(OpenDraft))
	publish   = dagster.NewOp2("publish", Publish, dagster.OnSuccess(dagster.From1(notices, dagster.Do1(TellSuccess))))
	cleanUp   = dagster.NewOp1("clean_up", dagster.Do1(CleanUp))
)

// OpenDraft makes the folder of the draft, and removes what an earlier run has left there.
func OpenDraft(ctx context.Context, folder *os.Root) error {
	return errors.Join(CleanUp(ctx, folder), folder.Mkdir(draft, 0o755))
}

// CleanUp removes the draft.
func CleanUp(_ context.Context, folder *os.Root) error { return folder.RemoveAll(draft) }

// Publish moves the files of the draft to where the last report was.
func Publish(ctx context.Context, folder *os.Root, w Week) (Week, error) {
	files, err := fs.ReadDir(folder.FS(), draft)
	if err != nil {
		return Week{}, err
	}
	for _, f := range files {
		if err := folder.Rename(draft+"/"+f.Name(), f.Name()); err != nil {
			return Week{}, err
		}
	}
	dagster.Log(ctx).Info("published the report", zap.String("path", folder.Name()+"/index.html"))
	dagster.AddMetadata(ctx, metadata.Int("files", len(files)), metadata.Path("report", folder.Name()+"/index.html"))
	return w, nil
}
