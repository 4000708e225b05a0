package page

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"plenum/bench/compare"
)

func newPage(sides []*compare.Side) *page {
	p := &page{Title: titleOf(sides)}
	p.collect(sides)
	for _, s := range p.Sections {
		s.fill()
	}
	p.nameSections()
	p.Verdicts = p.compare(sides)
	if len(sides) == 1 {
		p.Base = commonBase(p.Verdicts)
	}
	p.Summary = summary(sides)
	for _, side := range sides {
		p.Machines = append(p.Machines, machineOf(side))
	}
	return p
}

func titleOf(sides []*compare.Side) string {
	var names []string
	for _, s := range sides {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// collect makes the series, one per server of a side, and the sections, one per entry and options.
func (p *page) collect(sides []*compare.Side) {
	names := seriesNames(sides)
	series, sections, servers := map[string]*Series{}, map[string]*section{}, map[string]int{}
	for i, side := range sides {
		for _, g := range side.Groups {
			name := names(i, g.Server)
			if series[name] == nil {
				if _, known := servers[g.Server]; !known {
					servers[g.Server] = len(servers)
				}
				series[name] = newSeries(name, servers[g.Server], i, len(sides))
				p.Servers = append(p.Servers, series[name])
			}
			options, _ := json.Marshal(g.Options) // cannot fail, because the options were read from JSON
			key := strings.Join([]string{g.Entry, g.Scenario, string(options)}, "\x00")
			if sections[key] == nil {
				sections[key] = &section{ID: fmt.Sprintf("e%d", len(p.Sections)), entry: g.Entry, options: g.Options}
				p.Sections = append(p.Sections, sections[key])
			}
			sections[key].members = append(sections[key].members, &member{series[name], side, g})
		}
	}
}

// seriesNames returns a function that returns the name of a server of a side on the page. This is the
// server's own name. If other sides have a server of this name too, the side's name follows.
func seriesNames(sides []*compare.Side) func(side int, server string) string {
	in, bases := map[string]int{}, map[string]int{}
	for _, s := range sides {
		seen := map[string]bool{}
		for _, g := range s.Groups {
			seen[g.Server] = true
		}
		for server := range seen {
			in[server]++
		}
		bases[filepath.Base(s.Name)]++
	}
	return func(side int, server string) string {
		of := filepath.Base(sides[side].Name)
		switch {
		case in[server] < 2:
			return server
		case bases[of] > 1:
			of = sides[side].Name
		}
		return server + " (" + of + ")"
	}
}

// nameSections gives each section a title: its entry, and those of its options that differ from another
// section of the same entry. Options that are not set are left out.
func (p *page) nameSections() {
	for _, s := range p.Sections {
		s.Title = s.entry
		var different []string
		for _, other := range p.Sections {
			if other != s && other.entry == s.entry {
				different = append(different, compare.OptionsThatDiffer(s.options, other.options)...)
			}
		}
		slices.Sort(different)
		for _, name := range slices.Compact(different) {
			if s.options[name] == nil {
				continue // the other section names its value
			}
			s.Title += fmt.Sprintf(", %s %s", name, compare.OptionText(s.options[name]))
		}
	}
}
