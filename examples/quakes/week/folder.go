package week

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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

// File is a file of the report.
type File struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// The names of what is in the folder besides the files of the report.
const (
	numbers = "week.json"
	last    = "last-week.json"
	draft   = "draft"
)

var (
	keepLast = dagster.NewOp1("keep_last", dagster.Do1(KeepLast))
	publish  = dagster.NewOp4("publish", Publish, dagster.OnSuccess(dagster.From1(Board, dagster.Do1(TellSuccess))))
	cleanUp  = dagster.NewOp1("clean_up", dagster.Do1(CleanUp))
)

// KeepLast keeps the numbers of the report that is there, to compare with.
func KeepLast(_ context.Context, folder *os.Root) error {
	was, err := folder.ReadFile(numbers)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return folder.WriteFile(last, was, 0o644)
}

// Publish writes all files to a draft, and then puts them in the place of the last report: a full disk does not leave half
// of the one and half of the other.
func Publish(ctx context.Context, folder *os.Root, w Week, page, pictures []File) (Week, error) {
	if err := folder.MkdirAll(draft, 0o755); err != nil {
		return Week{}, err
	}
	files := slices.Concat(page, pictures)
	for _, f := range files {
		if err := folder.WriteFile(draft+"/"+f.Name, []byte(f.Content), 0o644); err != nil {
			return Week{}, err
		}
	}
	for _, f := range files {
		if err := folder.Rename(draft+"/"+f.Name, f.Name); err != nil {
			return Week{}, err
		}
	}
	dagster.Log(ctx).Info("published the report", zap.Int("files", len(files)))
	dagster.AddMetadata(ctx, metadata.Path("report", filepath.Join(folder.Name(), "index.html")))
	return w, nil
}

// CleanUp removes the draft.
func CleanUp(_ context.Context, folder *os.Root) error { return folder.RemoveAll(draft) }
