package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

// notesText counts the remarks of the generator on the runs that are used, such as that it bounded a
// storm. Remarks that differ in their figures only are one.
func notesText(d *results.Data, entry string, measured []string) string {
	var kinds []string
	servers := map[string][]string{} // with their counts, by remark
	for _, name := range measured {
		c, counts := d.At(entry, name), map[string]int{}
		for _, r := range c.All() {
			for _, note := range r.Notes {
				if kind := remark(note); kind != "" {
					counts[kind]++
				}
			}
		}
		for _, kind := range slices.Sorted(maps.Keys(counts)) {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
			servers[kind] = append(servers[kind], fmt.Sprintf("%s %d of %d", name, counts[kind], c.Count()))
		}
	}
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%s (%s)", kind, strings.Join(servers[kind], ", "))
	}
	if len(kinds) == 0 {
		return ""
	}
	return markdown.Wrapped("Remarks of the generator: "+strings.Join(kinds, "; ")+".", "")
}

// remark returns a note without its figures. It is empty for the details of failures, which the text
// about the failures has.
func remark(note string) string {
	if strings.Contains(note, "the first ") || strings.Contains(note, "'s first ") {
		return ""
	}
	end := strings.IndexFunc(note, func(r rune) bool { return r == ':' || r == ',' || '0' <= r && r <= '9' })
	if end < 0 {
		return note
	}
	if note[end] == ':' || note[end] == ',' {
		return note[:end]
	}
	return note[:end] + "…"
}
