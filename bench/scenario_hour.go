package bench

import (
	"context"
	"time"

	"plenum/bench/drive"
	"plenum/bench/load"
)

// Hour is a Churn in which some members stop reading for a while again and again. The result shows memory and latencies over
// time. The stalling members have small receive buffers and no part in the latencies and counts of deliveries. A stalling
// member that the server has closed connects again when its stall is over.
type Hour struct {
	Churn       `embed:""`
	Stopped     float64  `json:"stopped" default:"0.025" help:"Share of each room's members that stop reading from time to time, 0 to 0.9."`
	Stall       Duration `json:"stall" default:"2m" help:"Time for which these members do not read, more than 0s."`
	StallEvery  Duration `json:"stall_every" default:"10m" help:"Time from one stall to the next, at least --stall and 5s more."`
	SeriesEvery Duration `json:"series_every" default:"1m" help:"Time of one row of series, 1s or more. A run has at most 1000 rows."`
}

const mostRows = 1000

func (h *Hour) plan() *load.Plan {
	p := h.Churn.plan()
	p.Slow = int(h.Stopped * float64(h.Members))
	p.Stall, p.StallEvery, p.Every = time.Duration(h.Stall), time.Duration(h.StallEvery), time.Duration(h.SeriesEvery)
	return p
}

// Validate implements [Scenario].
func (h *Hour) Validate() error {
	const between = 5 * time.Second // to read what was sent during the stall, and to connect again
	err := broken(
		rule{"stopped", h.Stopped >= 0 && h.Stopped <= 0.9, "0 to 0.9", h.Stopped},
		rule{"stall", h.Stall > 0, "more than 0s", time.Duration(h.Stall)},
		rule{"stall-every", h.StallEvery >= h.Stall+Duration(between), "at least --stall and 5s more", time.Duration(h.StallEvery)},
		rule{"series-every", h.SeriesEvery >= Duration(time.Second) && Duration(h.length())/max(1, h.SeriesEvery) <= mostRows, "1s or more, and at least a thousandth of --duration", time.Duration(h.SeriesEvery)},
	)
	if err != nil {
		return err
	}
	if err := h.Churn.Validate(); err != nil {
		return err
	}
	return h.plan().Check()
}

// Run implements [Scenario].
func (h *Hour) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	p := h.plan()
	r, watch, err := h.result(ctx, "hour", h)
	if err != nil {
		return nil, err
	}
	r.Stages = h.stages().stageFigures()
	whole, err := r.measure(ctx, d, p, watch)
	if err != nil {
		return r.finish(ctx, err)
	}
	r.Slow = slowFigures(p, whole, r.Server)
	return r.finish(ctx, nil)
}
