package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

func (a *app) runEvents() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "events ID",
		Short:             `Show the events of a run; "latest" is the newest run`,
		Example:           a.example("run events latest", "run events latest --json | jq 'select(.kind == \"STEP_FAILURE\")'"),
		Args:              oneArg(`the ID of a run, or "latest"`),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRun(cmd.Context(), args[0], func(h *home, run storage.Run) error {
				return eachPage(cmd.Context(), h.store, run.ID, nil, func(page []storage.Event) error {
					if !asJSON {
						return write(a.Stdout, a.eventTable(page))
					}
					var b bytes.Buffer
					if err := appendEvents(&b, page); err != nil {
						return err
					}
					return write(a.Stdout, b.String())
				})
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one event a line")
	return cmd
}

func (a *app) eventTable(page []storage.Event) string {
	var t table
	if page[0].Seq <= 1 {
		t.head("TIME", "KIND", "STEP", "")
	}
	for i := range page {
		e := &page[i]
		t.add(span{e.At.Local().Format("15:04:05.000"), dim}, span{string(e.Kind), kindColor(e.Kind)},
			span{e.Step, plain}, span{eventText(e), plain})
	}
	return t.text(a.style)
}

func kindColor(k storage.EventKind) color {
	switch k {
	case storage.StepSuccess, storage.RunSuccess:
		return green
	case storage.StepFailure, storage.RunFailure, storage.ResourceInitFailure, storage.AssetFailedToMaterialize:
		return red
	case storage.StepUpForRetry, storage.StepSkipped, storage.RunCancelingEvt, storage.RunCanceledEvt:
		return yellow
	default:
		return plain
	}
}

// eventText says what is particular to an event, in one line.
func eventText(e *storage.Event) string {
	parts := []string{}
	if e.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", e.Attempt))
	}
	if e.Message != "" {
		parts = append(parts, fold(e.Message))
	}
	switch d := e.Data.(type) {
	case *storage.SuccessData:
		parts = append(parts, took(d.Duration))
	case *storage.FailureData:
		if d.Error.Message != e.Message {
			parts = append(parts, fold(d.Error.Message))
		}
	case *storage.InputData:
		parts = append(parts, "from "+clean(cmp.Or(d.FromAsset, d.FromStep)))
	case *storage.ResourceData:
		parts = append(parts, clean(d.Resource))
	case *storage.ProgressData:
		parts = append(parts, progressText(d))
	case *storage.LogData:
		parts = append([]string{d.Level}, strings.Join(parts, "  ")+fieldText(d))
	case *storage.MaterializationData:
		if strings.ReplaceAll(e.Asset, "/", "__") != e.Step { // not the one that the step is named after
			parts = append(parts, "of "+clean(e.Asset))
		}
		parts = append(parts, metadataText(d.Metadata)...)
	case *storage.CheckData:
		parts = append(parts, clean(d.Check)+" of "+clean(e.Asset))
		if e.Kind == storage.AssetCheckEvaluation {
			parts = append(parts, strings.ToLower(string(outcome(d))), fold(d.Description))
		}
		parts = append(parts, metadataText(d.Metadata)...)
	case *storage.OutputData:
		if d.MapKey != "" {
			parts = append(parts, "key "+clean(d.MapKey))
		}
		parts = append(parts, metadataText(d.Metadata)...)
	case *storage.RawData, nil:
	}
	return strings.Join(parts, "  ")
}

// metadataText is each entry with its value.
func metadataText(entries []metadata.Entry) []string {
	texts := make([]string, len(entries))
	for i, m := range entries {
		texts[i] = clean(m.Key) + "=" + fold(fmt.Sprint(m.Value))
	}
	return texts
}

// fieldText are the fields of a logged line.
func fieldText(d *storage.LogData) string {
	var b strings.Builder
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "  %s=%s", clean(f.Key), fold(fmt.Sprint(f.Value)))
	}
	return b.String()
}
