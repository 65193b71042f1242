package dagster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// addJobs gives every listed job its name, and checks that it can be run.
func (c *catalog) addJobs() {
	c.jobs = make(map[string]*job, len(c.listedJobs))
	seen := make(map[*definition]bool)
	for _, j := range c.listedJobs {
		if other, ok := c.jobs[j.name]; ok {
			if other != j {
				c.wrong = append(c.wrong, j.wrong(fmt.Errorf("name: taken by the job declared at %s", other.place())))
			}
			continue
		}
		c.jobs[j.name] = j
		c.report(&j.definition)
		if j.graph != nil {
			j.graph.report(c, seen)
			c.checkReads(j)
			if j.configFor != nil && j.partitions == nil {
				c.wrong = append(c.wrong, j.wrong(errNotDivided))
			}
			continue
		}
		if len(j.mistakes) == 0 {
			c.checkSelection(j)
		}
	}
}

// checkReads reports assets that a job's graph reads and that the repository has not.
func (c *catalog) checkReads(j *job) {
	missing := make(map[*asset]bool)
	j.graph.leaves(func(leaf *input, _ leafUse) {
		if leaf.kind != readsAsset || missing[leaf.asset] {
			return
		}
		if i, ok := c.index[leaf.asset.key]; ok && c.assets[i].asset == leaf.asset {
			return
		}
		missing[leaf.asset] = true
		c.wrong = append(c.wrong, j.wrong(fmt.Errorf("it reads asset %s, declared at %s, which is not in the repository: list it, or say External of it", quote(leaf.asset.key), leaf.asset.place())))
	})
}

func (c *catalog) checkSelection(j *job) {
	if len(c.wrong) > 0 {
		return // the graph may be none
	}
	selected, err := c.resolve(j.selection)
	if err == nil {
		err = c.checkExternal(j)
	}
	switch {
	case err != nil:
		c.wrong = append(c.wrong, j.wrong(err))
	case len(selected) == 0:
		c.wrong = append(c.wrong, j.wrong(errors.New("its selection has nothing to run")))
	default:
		if err := c.checkDivision(j, selected); err != nil {
			c.wrong = append(c.wrong, j.wrong(err))
		}
	}
}

// checkExternal refuses a job that selects what it can't run: where a run asked for by hand leaves that out, a job has been thought of.
func (c *catalog) checkExternal(j *job) error {
	chosen, err := c.find(j.selection, c.selectable())
	for _, i := range chosen {
		if c.assets[i].external {
			return fmt.Errorf("its selection has asset %s, which is made elsewhere: it cannot be run", quote(c.assets[i].key))
		}
	}
	return err
}

func (c *catalog) noJob(name string) error {
	return noName("job", name, slices.Collect(maps.Keys(c.jobs)))
}
