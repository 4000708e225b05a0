package page

import (
	"fmt"
	"slices"

	"plenum/bench/compare"
	"plenum/bench/metric"
)

// summary counts the runs of all sides by their verdicts.
func summary(sides []*compare.Side) []Badge {
	var sum compare.Group
	for _, side := range sides {
		for _, g := range side.Groups {
			sum.Sound = append(sum.Sound, g.Sound...)
			sum.Failed = append(sum.Failed, g.Failed...)
			sum.HeldBack = append(sum.HeldBack, g.HeldBack...)
			sum.Excluded = sum.Excluded.Plus(g.Excluded)
		}
	}
	return badges(&sum)
}

// compare compares the members of each section, and counts the verdicts per pair of series.
func (p *page) compare(sides []*compare.Side) (tallies []Tally) {
	counts := map[[2]*Series]*Tally{}
	var order [][2]*Series
	for _, s := range p.Sections {
		for _, pair := range s.pairs(sides) {
			c := s.compare(pair[0], pair[1])
			key := [2]*Series{pair[0].series, pair[1].series}
			if counts[key] == nil {
				counts[key] = &Tally{Base: key[0], Series: key[1]}
				order = append(order, key)
			}
			counts[key].add(c)
		}
	}
	for _, key := range order {
		tallies = append(tallies, *counts[key])
	}
	return tallies
}

// commonBase returns the series that all others are compared with. It returns nil if there are several, or
// none.
func commonBase(tallies []Tally) (base *Series) {
	for _, t := range tallies {
		if base != nil && t.Base != base {
			return nil
		}
		base = t.Base
	}
	return base
}

// pairs returns the pairs of members to compare. The second member of a pair is compared with the first one.
// If there are several sides, the first one is its partner in the first side. If there is one side, it is
// the first member of the section.
func (s *section) pairs(sides []*compare.Side) (list [][2]*member) {
	if len(sides) == 1 {
		for _, of := range s.members[1:] {
			list = append(list, [2]*member{s.members[0], of})
		}
		return list
	}
	for _, side := range sides[1:] {
		partners, _, _ := compare.Sides(sides[0], side)
		for _, pair := range partners {
			a, b := s.memberOf(pair.A), s.memberOf(pair.B)
			if a != nil && b != nil {
				list = append(list, [2]*member{a, b})
			}
		}
	}
	return list
}

// memberOf returns the member of a group. It returns nil if the group is in another section.
func (s *section) memberOf(g *compare.Group) *member {
	i := slices.IndexFunc(s.members, func(of *member) bool { return of.group == g })
	if i < 0 {
		return nil
	}
	return s.members[i]
}

// compare adds the comparison of b with a to the section.
func (s *section) compare(a, b *member) compare.Comparison {
	c := compare.Compare(a.side, b.side, compare.Pair{A: a.group, B: b.group}, compare.Options{})
	row := comparedRow{Series: b.series, Base: a.series}
	if len(s.Compared) == 0 {
		s.Base = a.series
	} else if s.Base != a.series {
		s.Base = nil
	}
	for _, o := range c.Outcomes {
		row.Outcomes = append(row.Outcomes, Badge{fmt.Sprintf("%s %d / %d: %s", o.Name, o.A, o.B, o.Verdict), string(o.Verdict)})
	}
	s.Metrics = nil
	for _, m := range metric.ComparedIn(a.group.Scenario) {
		s.Metrics = append(s.Metrics, m.Name)
		row.Cells = append(row.Cells, cellOf(c.Rows, m.Name))
	}
	s.Compared = append(s.Compared, row)
	return c
}

func cellOf(rows []compare.Row, name string) comparedCell {
	i := slices.IndexFunc(rows, func(r compare.Row) bool { return r.Name == name })
	if i < 0 {
		return comparedCell{Ratio: "–"}
	}
	r := rows[i]
	cell := comparedCell{Ratio: "–", Verdict: string(r.Verdict), Why: r.Why}
	if r.Ratio != nil {
		cell.Ratio = metric.Number(*r.Ratio)
		cell.Interval = metric.Number(r.Interval[0]) + "–" + metric.Number(r.Interval[1])
	}
	return cell
}

func (t *Tally) add(c compare.Comparison) {
	add := func(v compare.Verdict) {
		switch v {
		case compare.Better:
			t.Better++
		case compare.Worse:
			t.Worse++
		default:
			t.Undecided++
		}
	}
	for _, o := range c.Outcomes {
		add(o.Verdict)
	}
	for _, r := range c.Rows {
		add(r.Verdict)
	}
}
