package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/metadata"
)

func (a *app) assetReport() *cobra.Command {
	var partition, version string
	var entries []string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "report KEY",
		Short: "Record that an asset was made elsewhere",
		Long: "Record that an asset was made elsewhere: by another program, or by hand. Nothing is run, and no value is stored.\n\n" +
			"Metadata is a whole number, a number, true, false, null, JSON, a URL, or else text. With a version, what was made from\n" +
			"the asset is stale only if that has changed.",
		Example:           a.example("asset report orders --metadata rows=3", "asset report orders --partition 2024-02-03 --version 7f3a", `asset report orders --metadata "note=by hand" --metadata 'range={"from": 1}'`),
		Args:              oneArg("the key of an asset"),
		ValidArgsFunction: a.completeAssets,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			all, err := parseEntries(entries)
			if err != nil {
				return err
			}
			r, err := a.owner(fmt.Sprintf("asset %q", args[0]), keyed(args[0]))
			if err != nil {
				return err
			}
			h, err := a.runHome(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, h.close()) }()
			if err := r.Report(cmd.Context(), h.inst, args[0], partition, version, all...); err != nil {
				return refusal(err)
			}
			if quiet {
				return nil
			}
			return write(a.Stdout, fmt.Sprintf("Recorded: %s was made\n", where(args[0], partition)))
		},
	}
	cmd.Flags().StringVar(&partition, "partition", "", "the partition `KEY` of it")
	cmd.Flags().StringVar(&version, "version", "", "the `VERSION` of its data")
	cmd.Flags().StringArrayVar(&entries, "metadata", nil, "`KEY=VALUE` to record with it; may be given several times")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "say nothing if all is well")
	return cmd
}

// where is an asset, or one partition of it, as a sentence has it.
func where(key, partition string) string {
	if partition == "" {
		return clean(key)
	}
	return fmt.Sprintf("partition %s of %s", clean(partition), clean(key))
}

func parseEntries(texts []string) ([]metadata.Entry, error) {
	out := make([]metadata.Entry, 0, len(texts))
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, usage("--metadata %q: want key=value", text)
		}
		out = append(out, parseEntry(key, value))
	}
	return out, nil
}

// parseEntry gives a value that somebody has typed the type that it looks like.
func parseEntry(key, value string) metadata.Entry {
	switch value {
	case "true", "false":
		return metadata.Bool(key, value == "true")
	case "null":
		return metadata.Null(key)
	}
	if n, err := strconv.Atoi(value); err == nil {
		return metadata.Int(key, n)
	}
	if n, ok := new(big.Int).SetString(value, 10); ok {
		return metadata.BigInt(key, n)
	}
	if numeric(value) {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return metadata.Float(key, n)
		}
	}
	var b bytes.Buffer
	if (strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[")) && json.Compact(&b, []byte(value)) == nil {
		return metadata.JSON(key, json.RawMessage(b.Bytes()))
	}
	if strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://") {
		return metadata.URL(key, value)
	}
	return metadata.Text(key, value)
}

// numeric reports whether a text starts like a number: "inf" and "nan" are words.
func numeric(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '.')
}
