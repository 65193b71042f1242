package weather

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dagster-go/dagster"
	"github.com/dagster-go/dagster/metadata"
)

// Spell is a time without a wet day.
type Spell struct {
	First Date    `json:"first"`
	Last  Date    `json:"last"`
	Days  int     `json:"days"`
	Rain  float64 `json:"rain_mm"` // what little fell
}

// DrySpells are the longest times without a wet day, the longest first.
var DrySpells = dagster.NewAsset(
	"summary/dry_spells", dagster.From2(Table, limits, FindDrySpells), dagster.Group("summary"), dagster.Kinds("json"), dagster.CodeVersion("1"),
	dagster.Description("The longest times without a wet day, the longest first."),
)

// FindDrySpells returns the longest dry spells; of two as long, the earlier comes first. The days are in order.
func FindDrySpells(ctx context.Context, days []Day, l Limits) ([]Spell, error) {
	var spells []Spell
	for i := 0; i < len(days); i++ {
		if !l.Dry(days[i]) {
			continue
		}
		s := Spell{First: days[i].Date}
		for ; i < len(days) && l.Dry(days[i]); i++ {
			s.Last = days[i].Date
			s.Days++
			s.Rain += days[i].Rain
		}
		s.Rain = tenths(s.Rain)
		spells = append(spells, s)
	}
	slices.SortStableFunc(spells, func(a, b Spell) int { return cmp.Compare(b.Days, a.Days) })
	dagster.AddMetadata(ctx, metadata.Int("spells", len(spells)))
	spells = spells[:min(l.Spells, len(spells))]
	dagster.AddMetadata(ctx, metadata.Rows(len(spells)), metadata.Markdown("longest", spellTable(spells)))
	if len(spells) > 0 {
		dagster.AddMetadata(ctx, metadata.Int("longest_days", spells[0].Days))
	}
	return spells, nil
}

func spellTable(spells []Spell) string {
	var b strings.Builder
	b.WriteString("| from | to | days | rain, mm |\n|---|---|--:|--:|\n")
	for _, s := range spells {
		fmt.Fprintf(&b, "| %s | %s | %d | %.1f |\n", s.First, s.Last, s.Days, s.Rain)
	}
	return b.String()
}
