package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/internal/selection"
)

// repositories are those that a command is about: all, or the one that --repository names. Every mistake in their
// definitions is reported.
func (a *app) repositories() ([]*dagster.Repository, error) {
	repos, err := a.named()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, r := range repos {
		errs = append(errs, r.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &exit{code: exitUsage, err: err}
	}
	return repos, nil
}

func (a *app) named() ([]*dagster.Repository, error) {
	seen := make(map[string]bool, len(a.Repositories))
	for _, r := range a.Repositories {
		switch {
		case r == nil:
			return nil, usage("a repository is nil")
		case seen[r.Name()]:
			return nil, usage("two repositories are named %q: give each a name of its own", r.Name())
		}
		seen[r.Name()] = true
	}
	if a.repository == "" {
		return a.Repositories, nil
	}
	for _, r := range a.Repositories {
		if r.Name() == a.repository {
			return []*dagster.Repository{r}, nil
		}
	}
	return nil, usage("unknown repository %q; this program serves %s", a.repository, a.repositoryNames())
}

func (a *app) repositoryNames() string {
	if len(a.Repositories) == 0 {
		return "none"
	}
	names := make([]string, len(a.Repositories))
	for i, r := range a.Repositories {
		names[i] = r.Name()
	}
	return nameList(names)
}

// owner is the one repository for which has reports no error. If there is none the error is the only repository's, or
// names all of them.
func (a *app) owner(what string, has func(*dagster.Repository) error) (*dagster.Repository, error) {
	repos, err := a.repositories()
	if err != nil {
		return nil, err
	}
	var fits []*dagster.Repository
	var errs []error
	for _, r := range repos {
		if err := has(r); err != nil {
			errs = append(errs, err)
			continue
		}
		fits = append(fits, r)
	}
	switch {
	case len(repos) == 0:
		return nil, usage("the program serves no repository")
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		names := make([]string, len(fits))
		for i, r := range fits {
			names[i] = r.Name()
		}
		return nil, usage("%s: it fits several repositories; choose one with --repository: %s", what, nameList(names))
	case len(repos) == 1:
		return nil, &exit{code: exitUsage, err: errs[0]}
	}
	return nil, usage("%w (looked in the repositories %s)", best(errs), a.repositoryNames())
}

// best is the error that helps most: one that knows a near name.
func best(errs []error) error {
	for _, err := range errs {
		if strings.Contains(err.Error(), "; is it ") {
			return err
		}
	}
	return errs[0]
}

// selected checks that a selection chooses something of the repository.
func selected(sel string) func(*dagster.Repository) error {
	return func(r *dagster.Repository) error {
		keys, err := r.Selected(dagster.Selection(sel))
		if err == nil && len(keys) == 0 {
			err = fmt.Errorf("selection %q: nothing to materialize", sel)
		}
		return err
	}
}

// keyed checks that the repository has an asset.
func keyed(key string) func(*dagster.Repository) error {
	return func(r *dagster.Repository) error {
		_, err := r.Selected(dagster.Selection(selection.Exactly(key)))
		if e, ok := errors.AsType[*selection.Error](err); ok {
			return errors.New(e.What) // the selection is not the user's
		}
		return err
	}
}
