package bench

import (
	"context"

	"plenum/bench/drive"
	"plenum/bench/load"
)

// Slow is a Fan some of whose members stop reading when the warm-up ends. They have small receive buffers, so that the server feels it soon, and no
// part in the figures: those are of the healthy. At the end they read again, which
// is how they learn whether the server ended them. A server feels nothing until the
// kernel's buffers are full, several megabytes a member: with none ended and no
// memory grown, the load was too small to say anything.
type Slow struct {
	Fan     `embed:""`
	Stopped float64 `json:"stopped" default:"0.1" help:"Share of each room's members that stop reading, 0 to 0.9."`
}

func (s *Slow) plan() *load.Plan {
	p := s.Fan.plan()
	p.Slow = int(s.Stopped * float64(s.Members))
	return p
}

// Validate is for Scenario.
func (s *Slow) Validate() error {
	if err := broken(rule{"stopped", s.Stopped >= 0 && s.Stopped <= 0.9, "0 to 0.9", s.Stopped}); err != nil {
		return err
	}
	if err := s.Fan.Validate(); err != nil {
		return err
	}
	return s.plan().Check()
}

// Run is for Scenario.
func (s *Slow) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	p := s.plan()
	r, watch, err := s.result("slow", s)
	if err != nil {
		return nil, err
	}
	whole, err := r.measure(ctx, d, p, watch)
	if err != nil {
		return r.settle(ctx, err)
	}
	r.Slow = &SlowFigures{Members: p.Slow * len(p.Sizes), Ended: whole.SlowEnded}
	if r.Server != nil {
		r.Slow.RSSGrowth = r.Server.RSSMax - r.Server.RSSOpen
	}
	if p.Slow > 0 && r.Slow.Ended == 0 {
		r.Notes = append(r.Notes, "the server ended no slow member: the kernel's buffers may have held all that was sent")
	}
	return r.settle(ctx, nil)
}
