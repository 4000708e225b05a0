package bench

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/observe"
)

// Saturate searches the highest rate that a server sustains. A rate is sustained if the run
// does not fail, no sender is held back, and the delivery p99 is at most Bound. The rate is
// doubled until it is not sustained. Then the gap between the highest sustained and the lowest
// failed rate is halved until it is at most Fine of the former. Each step is a run of its own
// on new connections.
type Saturate struct {
	Fan   `embed:""` // Rate is the first rate to try
	Bound Duration   `json:"bound" default:"150ms" help:"Highest delivery p99 at which a rate counts as sustained, more than 0s."`
	Most  float64    `json:"most" default:"40000" help:"Highest rate to try, in messages per second in each room."`
	Fine  float64    `json:"fine" default:"0.1" help:"Precision of the answer, 0.01 to 1: the search ends when the gap between the highest sustained rate and the lowest failed rate is at most this share."`
}

// SaturateFigures are the answer of the search and its steps.
type SaturateFigures struct {
	Rate       float64        `json:"rate"`                  // messages per second in each room; 0 if no rate was sustained
	Deliveries float64        `json:"deliveries_per_second"` // at that rate
	LimitedBy  string         `json:"limited_by"`            // server, generator, or most if the search ended at Most
	Steps      []SaturateStep `json:"steps"`
}

// SaturateStep is the run of one rate.
type SaturateStep struct {
	Rate      float64  `json:"rate"`
	Sustained bool     `json:"held"` // the server sustained the rate
	Valid     bool     `json:"valid"`
	P99       float64  `json:"p99_ms"` // of deliveries; 0 if there is none
	Delivered float64  `json:"deliveries_per_second"`
	Generator float64  `json:"generator_cores"` // processor seconds per second
	Server    float64  `json:"server_cores"`    // processor seconds per second
	Why       []string `json:"why"`             // why the rate was not sustained, or the step is not valid
}

// Validate implements [Scenario].
func (s *Saturate) Validate() error {
	err := broken(
		rule{"bound", s.Bound > 0, "more than 0s", time.Duration(s.Bound)},
		rule{"most", s.Most >= s.Rate, "--rate or more", s.Most},
		rule{"fine", s.Fine >= 0.01 && s.Fine <= 1, "0.01 to 1", s.Fine},
	)
	if err != nil {
		return err
	}
	return s.Fan.Validate()
}

// search decides which rate to try next. It is a pure state machine.
type search struct {
	sustained, failed float64 // highest sustained and lowest failed rate; 0: none yet
	most, fine        float64 // Saturate.Most and Saturate.Fine
}

// next returns the next rate to try. more is false when the search is over.
func (s *search) next(first float64) (rate float64, more bool) {
	switch {
	case s.sustained == 0 && s.failed == 0:
		return first, true
	case s.failed == 0:
		return min(2*s.sustained, s.most), s.sustained < s.most
	case s.sustained == 0:
		return s.failed / 2, s.failed > first/64
	}
	return (s.sustained + s.failed) / 2, s.failed-s.sustained > s.fine*s.sustained
}

// learn adds the outcome of a step.
func (s *search) learn(rate float64, sustained bool) {
	if sustained {
		s.sustained = rate
		return
	}
	s.failed = rate
}

// Run implements [Scenario]. The figures of the result are those of the highest sustained rate. Its
// Machine is that of the step that was disturbed most.
func (s *Saturate) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, _, err := s.result(ctx, "saturate", s)
	if err != nil {
		return nil, err
	}
	figures := &SaturateFigures{LimitedBy: "server", Steps: []SaturateStep{}}
	state := search{most: s.Most, fine: s.Fine}
	best, noise := r, (*observe.MachineUse)(nil)
	for rate, more := state.next(s.Rate); more && ctx.Err() == nil; rate, more = state.next(s.Rate) {
		one, step, err := s.step(ctx, d, rate)
		if ctx.Err() != nil && err != nil {
			break
		}
		if err != nil {
			return nil, err
		}
		noise = observe.Noisier(noise, one.Machine)
		figures.Steps = append(figures.Steps, step)
		state.learn(rate, step.Sustained)
		switch {
		case step.Sustained:
			best, figures.Rate, figures.Deliveries = one, rate, step.Delivered
		case !step.Valid:
			figures.LimitedBy = "generator"
		default:
			figures.LimitedBy = "server"
		}
	}
	cut := ctx.Err() != nil
	if state.failed == 0 && !cut {
		figures.LimitedBy = "most"
	}
	if figures.LimitedBy == "generator" {
		best.Notes = append(best.Notes, "the generator was the limit: the server may sustain more")
	}
	best.Saturate, best.Machine, best.Cut = figures, noise, cut
	if figures.Rate > 0 {
		return best, nil
	}
	if !cut {
		best.Failures = append(best.Failures, "no rate was sustained")
	}
	return best.finish(ctx, nil)
}

// step runs one rate on new connections.
func (s *Saturate) step(ctx context.Context, d *drive.Driver, rate float64) (*Result, SaturateStep, error) {
	fan := s.Fan
	fan.Rate = rate
	p := fan.plan()
	if err := p.Check(); err != nil {
		return nil, SaturateStep{}, err
	}
	one, watch, err := s.result(ctx, "saturate", s)
	if err != nil {
		return nil, SaturateStep{}, err
	}
	if _, err := one.measure(ctx, d, p, watch); err != nil {
		return nil, SaturateStep{}, err
	}
	one.Cut = ctx.Err() != nil
	one.judge()
	p99, why := 0.0, one.Failures
	if one.Delivery != nil {
		p99 = one.Delivery.P99
	}
	if one.HeldBack != nil {
		why = append(why, "held back: "+one.HeldBackText())
	}
	if p99 > latency.Millis(time.Duration(s.Bound)) {
		why = append(why, fmt.Sprintf("p99 %.1f ms", p99))
	}
	if ctx.Err() != nil {
		why = append(why, "cut")
	}
	sustained := len(why) == 0
	if sustained {
		one.acceptReasons()
	}
	step := SaturateStep{
		Rate: rate, Sustained: sustained, Valid: one.Valid, P99: p99, Delivered: one.Rate,
		Generator: one.Generator.Cores, Why: list(append(why, one.Reasons...)),
	}
	if one.Server != nil {
		step.Server = one.Server.Cores
	}
	return one, step, nil
}

// acceptReasons turns the reasons why a sustained step is not valid into notes. A slow generator
// can only raise the latencies, and they stayed within the bound in spite of that.
func (r *Result) acceptReasons() {
	r.Notes = append(r.Notes, r.Reasons...)
	r.Reasons, r.Valid = []string{}, true
}
