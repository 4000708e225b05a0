package bench

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
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
	LimitedBy  string         `json:"limited_by"`            // what ended the search
	Steps      []SaturateStep `json:"steps"`
}

// Values of SaturateFigures.LimitedBy.
const (
	limitServer      = "server"
	limitGenerator   = "generator"
	limitMost        = "most"        // Saturate.Most was sustained
	limitInterrupted = "interrupted" // the server may sustain more
)

// Text says in one phrase which rate was sustained.
func (f *SaturateFigures) Text() string {
	switch {
	case f.LimitedBy == limitInterrupted && f.Rate == 0:
		return "no rate was sustained so far"
	case f.LimitedBy == limitInterrupted:
		return fmt.Sprintf("sustained %.0f messages/s per room so far", f.Rate)
	}
	return fmt.Sprintf("sustained %.0f messages/s per room, limited by: %s", f.Rate, f.LimitedBy)
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
		rule{"stage", len(s.Stage) == 0, "left out, because saturate chooses the rates itself", fmt.Sprintf("%d stages", len(s.Stage))},
		rule{"bound", s.Bound > 0, "more than 0s", time.Duration(s.Bound)},
		rule{"most", s.Most >= s.Rate, "--rate or more", s.Most},
		rule{"fine", s.Fine >= 0.01 && s.Fine <= 1, "0.01 to 1", s.Fine},
	)
	if err != nil {
		return err
	}
	return s.Fan.Validate()
}

// Run implements [Scenario]. The figures of the result are those of the highest sustained rate. Its
// Machine is that of the step that was disturbed most. If the server cannot be reached any more, Run
// returns the rates so far, and a failure.
func (s *Saturate) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, _, err := s.result(ctx, "saturate", s)
	if err != nil {
		return nil, err
	}
	found := &searchResult{SaturateFigures: SaturateFigures{LimitedBy: limitServer, Steps: []SaturateStep{}}, best: r}
	state := search{most: s.Most, fine: s.Fine}
	for rate, more := state.next(s.Rate); more && ctx.Err() == nil; rate, more = state.next(s.Rate) {
		if err := s.at(rate).Check(); err != nil { // a doubled rate: Validate has checked the first one, and all others are lower
			found.beyond(rate, err)
			return found.result(ctx)
		}
		one, step, err := s.step(ctx, d, rate)
		switch {
		case err == nil:
			found.take(one, step)
			state.learn(rate, step.Sustained)
		case ctx.Err() == nil && len(found.Steps) == 0:
			return nil, err
		case ctx.Err() == nil:
			r.Failures = append(r.Failures, found.failures...) // of the step after which the server was gone
			r.Failures = append(r.Failures, fmt.Sprintf("the search ended at %.0f messages per second: %v", rate, err))
			found.LimitedBy, r.Seconds = limitServer, found.seconds
			r.Saturate, r.Machine = &found.SaturateFigures, found.noise
			return r.finish(ctx, nil)
		}
	}
	if state.failed == 0 {
		found.LimitedBy = limitMost
	}
	return found.result(ctx)
}

// searchResult is what a search has found so far.
type searchResult struct {
	SaturateFigures
	best     *Result             // of the highest sustained rate; without figures before that
	noise    *observe.MachineUse // of the step that was disturbed most
	failures []string            // of the latest step
	seconds  float64             // of the latest step
}

// take adds the result of a step.
func (f *searchResult) take(one *Result, step SaturateStep) {
	f.noise, f.failures, f.seconds = observe.Noisier(f.noise, one.Machine), one.Failures, one.Seconds
	gone := one.Server != nil && one.Server.Ended // then it does not matter what the generator did
	f.Steps = append(f.Steps, step)
	switch {
	case step.Sustained:
		f.best, f.Rate, f.Deliveries = one, step.Rate, step.Delivered
	case !step.Valid && !gone:
		f.LimitedBy = limitGenerator
	default:
		f.LimitedBy = limitServer
	}
}

// beyond ends the search below a rate at which the generator cannot send.
func (f *searchResult) beyond(rate float64, err error) {
	f.LimitedBy = limitGenerator
	f.best.Notes = append(f.best.Notes, fmt.Sprintf("the search ended before %.0f messages per second in each room: %v", rate, err))
}

// result returns the result of a search that has ended, or that the end of ctx has interrupted.
func (f *searchResult) result(ctx context.Context) (*Result, error) {
	best := f.best
	best.Saturate, best.Machine, best.Cut = &f.SaturateFigures, f.noise, ctx.Err() != nil
	switch {
	case best.Cut:
		f.LimitedBy = limitInterrupted
	case f.Rate == 0:
		best.Failures = append(best.Failures, "no rate was sustained")
	}
	if f.LimitedBy == limitGenerator {
		best.Reasons = append(best.Reasons, "the generator was the limit: the server may sustain more")
		best.Valid = false
	}
	if f.Rate > 0 {
		return best, nil // step has judged it
	}
	return best.finish(ctx, nil)
}

// at returns the plan of a step.
func (s *Saturate) at(rate float64) *load.Plan {
	fan := s.Fan
	fan.Rate = rate
	return fan.plan()
}

// step runs one rate on new connections.
func (s *Saturate) step(ctx context.Context, d *drive.Driver, rate float64) (*Result, SaturateStep, error) {
	one, watch, err := s.result(ctx, "saturate", s)
	if err != nil {
		return nil, SaturateStep{}, err
	}
	if _, err := one.measure(ctx, d, s.at(rate), watch); err != nil {
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
