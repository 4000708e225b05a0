package bench

import (
	"time"

	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// SeriesRow has the figures of one interval of a run. The intervals follow one another from the end of the warm-up on. The
// last row includes the drain.
type SeriesRow struct {
	End       float64              `json:"end_seconds"`           // end of the interval, since the end of the warm-up
	Delivery  *latency.Percentiles `json:"delivery_ms,omitempty"` // of the deliveries in the interval; nil if Lost or Ended is not 0
	Lost      uint64               `json:"lost"`                  // lost and missing deliveries of the messages due in the interval
	Ended     uint64               `json:"ended"`                 // connections that the server ended; slow members do not count
	SlowEnded uint64               `json:"slow_ended"`            // slow members that the server ended
	Cores     float64              `json:"server_cpu_cores,omitempty"`
	RSS       int64                `json:"server_rss_bytes,omitempty"`     // at the end of the interval
	RSSMax    int64                `json:"server_rss_max_bytes,omitempty"` // maximum of the samples, one every 100 ms
}

// series returns the rows of a run, up to its end if it was cut. samples may be empty.
func series(p *load.Plan, whole *load.Outcome, samples []observe.Sample) (rows []SeriesRow) {
	if p.Every == 0 {
		return nil
	}
	lost := whole.LostIn(p)
	took := whole.Took(p) - p.Warmup
	for i, of := range whole.Series {
		begin := time.Duration(i) * p.Every
		if begin >= took {
			break
		}
		row := SeriesRow{
			End: min(begin+p.Every, p.Duration).Seconds(), Lost: lost[i], Ended: of.Ended, SlowEnded: of.SlowEnded,
		}
		if row.Lost+row.Ended == 0 {
			row.Delivery = of.Delivery.Percentiles()
		}
		rows = append(rows, row)
	}
	from := whole.Start + int64(p.Warmup)
	in := make([][]observe.Sample, len(rows))
	for _, s := range samples {
		if i := p.Interval(s.At - from); s.At >= from && i < len(rows) {
			in[i] = append(in[i], s)
		}
	}
	for i := range rows {
		rows[i].use(in[i])
	}
	return rows
}

// use sets the use of the server from the samples of the interval.
func (row *SeriesRow) use(samples []observe.Sample) {
	if len(samples) == 0 {
		return
	}
	first, last := samples[0], samples[len(samples)-1]
	row.RSS = last.RSS
	for _, s := range samples {
		row.RSSMax = max(row.RSSMax, s.RSS)
	}
	row.Cores = observe.Per((last.CPU - first.CPU).Seconds(), time.Duration(last.At-first.At).Seconds())
}
