package dagster

// PlanAll compiles the plan of all that the repository makes.
func PlanAll(r *Repository) error {
	c, err := r.compiled()
	if err != nil {
		return err
	}
	selected, err := c.resolve("*")
	if err != nil {
		return err
	}
	newPlan(c, selected, c.checksOf(selected), stepSpec{}, nil)
	return nil
}

// PlanJob compiles the plan of a job.
func PlanJob(r *Repository, j *Job) error {
	c, err := r.compiled()
	if err != nil {
		return err
	}
	_, err = newJobPlan(c, j.of, nil)
	return err
}
