package dagster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dagster-go/dagster/internal/selection"
	"github.com/dagster-go/dagster/partition"
)

// RunRequest asks for a run. Its zero value is a run of the schedule's own job, with nothing more to say.
type RunRequest struct {
	// Key tells the requests of one tick apart, so that none is launched twice. One request alone needs none.
	Key string

	// Job is what to run. Defaults to the job of the schedule; another one must be in its repository.
	Job *Job

	// Select chooses some of the assets of the job. Defaults to all of them.
	Select Selection

	// Partition is the key of the partition to run, if the job is divided.
	Partition string

	// Config are values for the run; they go before those of the schedule.
	Config []ConfigValue

	// Tags label the run; they go before those of the schedule.
	Tags map[string]string
}

// RunConfig is what the request says of configs, as run config: see the option of that name. Secrets are references to the
// environment; others are not shown. It is empty if the request says nothing.
func (q RunRequest) RunConfig() (json.RawMessage, error) {
	if len(q.Config) == 0 {
		return nil, nil
	}
	values := make(map[*config]any, len(q.Config))
	configs := make([]*config, 0, len(q.Config))
	for _, v := range q.Config {
		if v.target == nil {
			return nil, fmt.Errorf("set config: %w", errNil)
		}
		values[v.target] = v.value
		configs = append(configs, v.target)
	}
	shown, err := shownValues(configs, func(c *config) (any, bool) { return values[c], true })
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"config": shown})
}

// Tags that say where a run comes from. They are Dagster's.
const (
	tagSchedule     = "dagster/schedule_name"
	tagPartitionSet = "dagster/partition_set"
)

// complete fills in what the schedule says of all its requests, and checks the request.
func (e *evaluation) complete(ctx context.Context, q *RunRequest) error {
	s := e.schedule
	if q.Job == nil {
		q.Job = &Job{of: s.job}
	}
	if q.Job.of == nil {
		return fmt.Errorf("job: %w", errNil)
	}
	j := q.Job.of
	if !e.alone && e.catalog.jobs[j.name] != j {
		return fmt.Errorf("job %s: not in the repository", quote(j.name))
	}
	var wrong []error
	for _, v := range q.Config {
		wrong = append(wrong, e.checkConfig(v))
	}
	q.Config = slices.Concat(e.inherited(q.Config), q.Config)
	selected, err := e.selected(j, q.Select)
	wrong = append(wrong, err)
	tags := make(map[string]string, 3)
	if err == nil {
		def, known := e.division(j, selected)
		wrong = append(wrong, e.checkPartition(ctx, j, def, known, q.Partition))
		tags = partitionTags(j, def, q.Partition)
	}
	tags[tagSchedule] = s.name
	q.Tags = over(tags, over(q.Tags, s.tags))
	return errors.Join(wrong...)
}

// inherited are the schedule's own config values, but for those that a request has as well.
func (e *evaluation) inherited(own []ConfigValue) []ConfigValue {
	return slices.DeleteFunc(slices.Clone(e.schedule.config), func(v ConfigValue) bool {
		return slices.ContainsFunc(own, func(o ConfigValue) bool { return o.target == v.target })
	})
}

func (e *evaluation) checkConfig(v ConfigValue) error {
	if v.target == nil {
		return fmt.Errorf("set config: %w", errNil)
	}
	if !e.alone && !slices.Contains(e.catalog.configs, v.target) {
		return fmt.Errorf("set config %s: unknown config: nothing in the repository uses it", quote(v.target.name))
	}
	return v.target.validate(v.value)
}

// selected are the assets that a run would make; nil for a graph, and outside of a repository.
func (e *evaluation) selected(j *job, sel Selection) ([]int32, error) {
	switch {
	case sel != "" && j.graph != nil:
		return nil, fmt.Errorf("select %q: job %s has no assets", string(sel), quote(j.name))
	case j.graph != nil:
		return nil, nil
	case e.alone:
		_, err := selection.Parse(string(cmp.Or(sel, j.selection)))
		return nil, err
	}
	all, err := e.assetsOf(j)
	if err != nil || sel == "" {
		return all, err
	}
	chosen, err := e.catalog.resolve(sel)
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("select %q: nothing to run", string(sel))
	}
	for _, i := range chosen {
		if _, ok := slices.BinarySearch(all, i); !ok {
			return nil, fmt.Errorf("select %q: asset %s is not in job %s", string(sel), quote(e.catalog.assets[i].key), quote(j.name))
		}
	}
	return chosen, nil
}

// assetsOf are all assets of a job of assets.
func (e *evaluation) assetsOf(j *job) ([]int32, error) {
	if all, ok := e.assets[j]; ok {
		return all, nil
	}
	all, err := e.catalog.resolve(j.selection)
	if err == nil {
		e.assets[j] = all
	}
	return all, err
}

// partitionTags are the tags of the run of a partition.
func partitionTags(j *job, def partition.Definition, key string) map[string]string {
	if key == "" {
		return make(map[string]string, 1)
	}
	tags, err := def.Tags(key)
	if err != nil || len(tags) == 0 {
		tags = map[string]string{partitionTag: key}
	}
	tags[tagPartitionSet] = j.name + "_partition_set"
	return tags
}
