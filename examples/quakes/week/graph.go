package week

import "github.com/dagster-go/dagster"

// Report is the whole job: what it places here is what runs.
var Report = dagster.NewGraph("report", func(s *dagster.Scope) dagster.Output[Week] {
	// One step for each day, as many as the feed has.
	days := dagster.Map(s, listDays.In(s, feed), func(s *dagster.Scope, date dagster.Input[string]) dagster.Output[[]Quake] {
		return fetchDay.In(s, feed, date)
	})
	quakes := merge.In(s, days)

	regions := dagster.Map(s, byRegion.In(s, quakes, limits), describe)
	most := rank.In(s, regions, order)
	strongest := rank.As("rank_by_energy", order.Set(Order{By: "energy"})).In(s, regions, order)
	fits := dagster.FanIn(fitRegion(s, "california", quakes, "California"), fitRegion(s, "alaska", quakes, "Alaska"))
	week := sumWeek.In(s, quakes, most, strongest, fits)

	pictures := dagster.Map(s, byDay.In(s, quakes), drawDay.In)
	page := writePage.In(s, week, drawWeek.In(s, quakes))

	// The last report makes way for this one, and whatever comes of that the draft is removed.
	kept := keepLast.In(s, folder)
	published := publish.As("publish", dagster.After(kept)).In(s, folder, week, page, pictures)
	cleanUp.As("clean_up", dagster.Finally(published)).In(s, folder)
	return published
})

// describe is what is done for one region: its magnitudes are measured side by side, and one of two ways is taken.
func describe(s *dagster.Scope, region dagster.Input[Region]) dagster.Output[Summary] {
	bands := dagster.Map(s, byBand.In(s, region), measure.In)
	ways := route.In(s, region, limits)
	strong := dagster.When(dagster.Field(ways, func(r *Routes) *dagster.Maybe[Region] { return &r.Strong }))
	quiet := dagster.When(dagster.Field(ways, func(r *Routes) *dagster.Maybe[Region] { return &r.Quiet }))
	story := dagster.FanIn(study.In(s, strong, limits), note.In(s, quiet)) // of the way that was taken
	return sumRegion.In(s, region, bands, story)
}

// fitRegion places the same three steps for any region, under a name of their own.
func fitRegion(s *dagster.Scope, name string, quakes dagster.Input[[]Quake], region string) dagster.Output[Fit] {
	return dagster.Nest(s, name, func(s *dagster.Scope) dagster.Output[Fit] {
		mine := only.In(s, quakes, dagster.Const(region))
		return fit.In(s, dagster.Const(region), mine, complete.In(s, mine))
	})
}
