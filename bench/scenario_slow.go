package bench

import (
	"context"

	"plenum/bench/drive"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// Slow is a Fan in which some members stop reading when the warm-up ends. The slow members have
// small receive buffers, so that the server notices them soon. The figures are those of the
// other members. At the end the slow members read again, to find out whether the server closed
// them.
//
// A server notices a slow member only when the kernel's buffers are full, which takes several
// megabytes per member. If no member was closed and memory did not grow, the load was too small
// to show anything.
type Slow struct {
	Fan     `embed:""`
	Stopped float64 `json:"stopped" default:"0.1" help:"Share of each room's members that stop reading, 0 to 0.9."`
}

func (s *Slow) plan() *load.Plan {
	p := s.Fan.plan()
	p.Slow = int(s.Stopped * float64(s.Members))
	return p
}

// Validate implements [Scenario].
func (s *Slow) Validate() error {
	if err := broken(rule{"stopped", s.Stopped >= 0 && s.Stopped <= 0.9, "0 to 0.9", s.Stopped}); err != nil {
		return err
	}
	if err := s.Fan.Validate(); err != nil {
		return err
	}
	return s.plan().Check()
}

// Run implements [Scenario].
func (s *Slow) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, watch, err := s.result(ctx, "slow", s)
	if err != nil {
		return nil, err
	}
	p := s.plan()
	r.Stages = s.stages().stageFigures()
	whole, err := r.measure(ctx, d, p, watch)
	if err != nil {
		return r.finish(ctx, err)
	}
	r.Slow = slowFigures(p, whole, r.Server)
	if p.Slow > 0 && r.Slow.Ended == 0 {
		r.Notes = append(r.Notes, "the server ended no slow member: the kernel's buffers may have held all messages")
	}
	return r.finish(ctx, nil)
}

// slowFigures returns the figures of the members that stopped reading. use may be nil.
func slowFigures(p *load.Plan, whole *load.Outcome, use *observe.ServerUse) *SlowFigures {
	f := &SlowFigures{Members: p.Slow * len(p.Sizes), Ended: whole.SlowEnded}
	if p.Stall > 0 {
		f.Stalls = whole.Stalls
	}
	if use != nil {
		f.RSSGrowth = use.RSSMax - use.RSSOpen
	}
	return f
}
