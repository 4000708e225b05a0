//go:build storm

package storm

import (
	"fmt"
	"slices"
	"time"
)

// report holds the observations of one scenario.
type report struct {
	scenario  scenario
	listening time.Duration // from the signal until the new process listened
	members   []*member
	counts    map[string]int
	backEnd   *backEnd

	back     []time.Duration // from the signal until each member was back, sorted
	away     []time.Duration // how long each member was away, sorted
	lost     map[bool]loss   // true: of the members that send since; false: of the others
	nowhere  int             // events that the API has taken and that no member has received
	repeated int
	broken   int
	gaps     int
}

// loss has the events that some members have lost: in all, and the largest number of one member.
type loss struct{ members, events, most int }

// add returns l with the lost events of one more member.
func (l loss) add(events int) loss {
	return loss{l.members + 1, l.events + events, max(l.most, events)}
}

func (l loss) String() string {
	return fmt.Sprintf("%.1f (%d)", float64(l.events)/float64(max(1, l.members)), l.most)
}

// measure reads the records of the members. Members that send client events receive no copy of them, so only their times
// are measured.
func (r *report) measure(signalled time.Time) {
	var existing [channels][sources]numbers
	for _, m := range r.members {
		r.back = append(r.back, m.back.Sub(signalled))
		r.away = append(r.away, m.back.Sub(m.left))
		for source, got := range m.record.got {
			existing[m.channel][source].addAll(got)
		}
	}
	slices.Sort(r.back)
	slices.Sort(r.away)
	r.lost = map[bool]loss{}
	for _, m := range r.members {
		if m.speaks {
			continue
		}
		events := 0
		for source, all := range existing[m.channel] {
			events += all.without(m.record.got[source])
		}
		r.lost[m.resumes] = r.lost[m.resumes].add(events)
		r.repeated += m.record.repeated
		r.broken += m.record.broken
		r.gaps += m.record.gaps
	}
	for channel, taken := range r.backEnd.taken {
		r.nowhere += taken.without(existing[channel][fromBackEnd])
	}
}

// The header of the table. Losses are events per member, on average and at most.
const header = `| scenario | listens again | first back | 50 % | 99 % | all | away: 50 % | at most | attempts refused, timed out, cut off | lost without since | with since | HTTP calls refused, failed |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |`

// rows returns the scenario's row of the table.
func (r *report) rows() string {
	last := len(r.back) - 1
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s | %d, %d, %d | %s | %s | %d, %d |\n", r.scenario.name, seconds(r.listening),
		seconds(r.back[0]), seconds(r.back[last/2]), seconds(r.back[last*99/100]), seconds(r.back[last]),
		seconds(r.away[last/2]), seconds(r.away[last]), r.counts["refused"], r.counts["timed out"], r.counts["cut off"],
		r.lost[false], r.lost[true], r.backEnd.refused, r.backEnd.unknown)
}
