package dagster

import (
	"fmt"
)

// PartitionConfig says what config a partitioned job's run has for the partitions that it is for. What the run itself
// says of a config goes before. If fn fails nothing runs.
func PartitionConfig(fn func(p PartitionInfo) ([]ConfigValue, error)) JobOption {
	return partitionConfig{fn}
}

type partitionConfig struct {
	fn func(p PartitionInfo) ([]ConfigValue, error)
}

func (o partitionConfig) applyJob(j *job) {
	switch {
	case o.fn == nil:
		j.mistake("partition config: nil function")
	case j.configFor != nil:
		j.mistake("partition config: given twice")
	}
	j.configFor = o.fn
}

// configByPartition lays what a job says of the run's partitions over what it says of all.
func (o *runOptions) configByPartition(values map[*config]any) {
	if o.job.configFor == nil || o.portion == nil {
		return
	}
	set, err := guarded(func() ([]ConfigValue, error) { return o.job.configFor(o.portion.info.clone()) })
	if err != nil {
		o.mistake(fmt.Errorf("partition config of job %s: %w", quote(o.job.name), err))
		return
	}
	for _, v := range set {
		if v.target == nil {
			o.mistake(fmt.Errorf("partition config of job %s: %w", quote(o.job.name), errNil))
			continue
		}
		if _, ok := values[v.target]; !ok {
			o.mistake(fmt.Errorf("partition config of job %s: unknown config %s: nothing in the repository uses it", quote(o.job.name), quote(v.target.name)))
		}
		values[v.target] = v.value
	}
}
