package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/storage"
)

func (a *app) partitionAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add NAME KEY...",
		Short: "Add keys to dynamic partitions",
		Long: "Add keys to the dynamic partitions of a name. Those that are there already are left alone. With \"-\" in place of\n" +
			"keys they are read from the standard input, one a line: each ten thousand are stored together.",
		Example:           a.example("partition add customers acme zenith", "partition add customers - < customers.txt"),
		Args:              nameAndKeys,
		ValidArgsFunction: a.completeDynamic,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeKeys(cmd, args, &keyChange{
				app: a, past: "added", same: "there already",
				change: (*dagster.Partitions).Add, counts: func(there bool) bool { return !there },
			})
		},
	}
}

func (a *app) partitionDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME KEY...",
		Short: "Delete keys of dynamic partitions",
		Long: "Delete keys of the dynamic partitions of a name. What was stored for them stays where it is. With \"-\" in place\n" +
			"of keys they are read from the standard input, one a line: each ten thousand are deleted together.",
		Example:           a.example("partition delete customers acme --yes", "partition delete customers - --yes < gone.txt"),
		Args:              nameAndKeys,
		ValidArgsFunction: a.completeDynamicKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return usage("keys of the dynamic partitions %q are to be deleted: confirm with --yes", args[0])
			}
			return a.changeKeys(cmd, args, &keyChange{
				app: a, past: "deleted", same: "not there",
				change: (*dagster.Partitions).Remove, counts: func(there bool) bool { return there },
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return cmd
}

func nameAndKeys(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return errors.New("missing argument: the name of dynamic partitions")
	case len(args) == 1:
		return errors.New(`missing argument: keys, or "-" to read them from the standard input`)
	}
	return nil
}

// keyChange adds keys, or deletes some.
type keyChange struct {
	*app
	past, same string
	change     func(*dagster.Partitions, ...string) dagster.PartitionChange
	counts     func(there bool) bool // whether a key changes, if it is there

	changed, same0 int
}

// chunk is how many keys are changed in one transaction.
const chunk = 10_000

func (a *app) changeKeys(cmd *cobra.Command, args []string, c *keyChange) (err error) {
	ctx, name := cmd.Context(), args[0]
	if err := a.checkName(ctx, name); err != nil {
		return err
	}
	h, err := a.runHome(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	begun := time.Now()
	if len(args) == 2 && args[1] == "-" {
		err = c.read(ctx, h, name, cmd.InOrStdin())
	} else {
		for keys := range slices.Chunk(args[1:], chunk) {
			if err = c.apply(ctx, h, name, keys); err != nil {
				break
			}
		}
	}
	if err != nil && c.changed+c.same0 == 0 {
		return err
	}
	text := fmt.Sprintf("%s %s %s", grouped(c.changed), plural(c.changed, "key"), c.past)
	if c.same0 > 0 {
		text += fmt.Sprintf(", %s %s", grouped(c.same0), c.same)
	}
	if took := time.Since(begun); took > time.Second {
		text += fmt.Sprintf(" (%s)", rateText(float64(c.changed+c.same0)/took.Seconds()))
	}
	return errors.Join(write(a.Stdout, text+"\n"), err)
}

// checkName reports a name of which there are no dynamic partitions.
func (a *app) checkName(ctx context.Context, name string) error {
	return a.withStore(ctx, func(h *home) error {
		if h == nil {
			return a.checkDynamic(ctx, nil, name)
		}
		return a.checkDynamic(ctx, h.store, name)
	})
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// longestKey is how many bytes a line of keys may have.
const longestKey = 1 << 20

// read changes the keys that are read, one a line. Empty lines are none.
func (c *keyChange) read(ctx context.Context, h *home, name string, from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, longestKey)
	keys := make([]string, 0, chunk)
	flush := func() error {
		if len(keys) == 0 {
			return nil
		}
		err := c.apply(ctx, h, name, keys)
		keys = make([]string, 0, chunk)
		return err
	}
	for lines.Scan() {
		if key := strings.TrimSuffix(lines.Text(), "\r"); key != "" {
			keys = append(keys, key)
		}
		if len(keys) == chunk {
			if err := flush(); err != nil {
				return err
			}
			c.progress()
		}
	}
	if err := lines.Err(); err != nil {
		return usage("read keys: %w", err)
	}
	return flush()
}

// progress says how far it is, on a terminal that shows nothing else.
func (c *keyChange) progress() {
	if c.style.moves {
		fmt.Fprintf(c.Stderr, "\r%s keys\x1b[K\r", grouped(c.changed+c.same0))
	}
}

// apply changes keys in one transaction.
func (c *keyChange) apply(ctx context.Context, h *home, name string, keys []string) error {
	there, err := h.store.HasDynamic(ctx, name, keys)
	if err != nil {
		return storeError(err)
	}
	if err := h.inst.Change(ctx, c.change(dagster.DynamicPartitions(name), keys...)); err != nil {
		return changeError(err)
	}
	seen := make(map[string]bool, len(keys))
	for i, key := range keys {
		if c.counts(there[i]) && !seen[key] {
			c.changed++
		} else {
			c.same0++
		}
		seen[key] = true
	}
	return nil
}

func changeError(err error) error {
	if storeRefused(err) || errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrClosed) {
		return storeError(err)
	}
	return &exit{code: exitUsage, err: err}
}
