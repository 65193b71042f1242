package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster/storage"
)

// completion offers what a shell may complete.
type completion = func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective)

// complete registers fn for a flag that cmd has.
func complete(cmd *cobra.Command, flag string, fn completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, fn); err != nil {
		panic(err) // the flag was just added
	}
}

func (a *app) completeRepositories(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, r := range a.Repositories {
		if r != nil {
			out = append(out, r.Name())
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeAssets offers asset keys, with the "+" that the user has begun with.
func (a *app) completeAssets(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	repos, err := a.repositories()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	plus := ""
	if strings.HasPrefix(prefix, "+") {
		plus = "+"
	}
	var out []string
	for _, r := range repos {
		infos, err := r.Assets()
		if err != nil {
			continue
		}
		for i := range infos {
			about := firstLine(infos[i].Description)
			if about != "" {
				about = "\t" + about
			}
			if strings.HasPrefix(plus+infos[i].Key, prefix) {
				out = append(out, plus+infos[i].Key+about)
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func completeStatuses(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	// Of a list that has begun only the last name is completed.
	at := strings.LastIndexByte(prefix, ',') + 1
	out := make([]string, 0, len(statusNames()))
	for _, s := range statusNames() {
		out = append(out, prefix[:at]+strings.ToLower(s))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeRuns offers the newest runs. It says nothing of a home that cannot be used.
func (a *app) completeRuns(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	const newest = 50
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out := []string{latestRun}
	h, err := a.peekHome(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	runs, err := h.Runs(cmd.Context(), storage.RunFilter{Repository: a.repository, Limit: newest})
	if err = firstError(err, h.Close()); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	now := time.Now()
	for i := range runs {
		r := &runs[i]
		if strings.HasPrefix(string(r.ID), prefix) {
			out = append(out, string(r.ID)+"\t"+strings.ToLower(string(r.Status))+" "+ago(r.Created, now)+" "+ran(r))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
