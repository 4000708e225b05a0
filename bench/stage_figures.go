package bench

import (
	"time"

	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// StageFigures are the figures of one stage that has a length. The figures of messages and of
// upgrades are those that were due in the stage, whenever they were done.
type StageFigures struct {
	Start   float64 `json:"start_seconds"` // from the end of the warm-up to the stage
	Seconds float64 `json:"seconds"`       // length
	From    float64 `json:"from"`          // value at the start, in the unit of the option
	To      float64 `json:"to"`            // value at the end

	*MessageStage
	*UpgradeStage
	*IdleStage
}

// MessageStage are the figures of a stage in a scenario with messages.
type MessageStage struct {
	Sent       uint64               `json:"sent"`                  // messages
	NotSent    uint64               `json:"not_sent"`              // messages that were refused or unsent
	Delivered  uint64               `json:"delivered"`             // deliveries of the messages
	Lost       uint64               `json:"lost"`                  // deliveries that never arrived, or not before the end of the drain
	Rate       float64              `json:"deliveries_per_second"` // Delivered per second of the stage
	Delivery   *latency.Percentiles `json:"delivery_ms,omitempty"`
	Completion *latency.Percentiles `json:"completion_ms,omitempty"`
}

// stageFigures returns the figures of each stage with a length, without those of its messages or
// upgrades.
func (s stages) stageFigures() (all []StageFigures) {
	at := time.Duration(0)
	for _, r := range s.ramps(1) {
		all = append(all, StageFigures{Start: at.Seconds(), Seconds: r.Length.Seconds(), From: r.From, To: r.To})
		at += r.Length
	}
	return all
}

// fillStages adds the figures of messages to the stages.
func (r *Result) fillStages(p *load.Plan, whole *load.Outcome) {
	bounds := p.Bounds(whole.Start)
	for i := range r.Stages {
		f, of := &r.Stages[i], &whole.Stages[i]
		f.MessageStage = &MessageStage{
			Sent: of.Sent, NotSent: of.NotSent, Delivered: of.Delivered, Lost: of.Lost(), Rate: observe.Per(float64(of.Delivered), f.Seconds),
			Delivery: of.Delivery.Percentiles(), Completion: whole.Completion(bounds[i], bounds[i+1]).Percentiles(),
		}
		if f.Delivery != nil && f.Completion != nil {
			f.Delivery.Max = max(f.Delivery.Max, f.Completion.Max) // completions are not sampled
		}
	}
}

// dropLatencies removes the latencies of the stages from the first one that lost deliveries on. The
// stages before it lost nothing. If anything but losses went wrong, it removes those of all
// stages, because the stage is unknown.
func (r *Result) dropLatencies() {
	bad := r.Duplicated+r.OutOfOrder+r.Foreign+r.Echoed+r.Unnumbered > 0
	if r.Room != nil {
		bad = bad || r.Room.Duplicated+r.Room.OutOfOrder > 0
	}
	for i := range r.Stages {
		m := r.Stages[i].MessageStage
		if m == nil {
			continue
		}
		if bad = bad || m.Lost+m.NotSent > 0; bad {
			m.Delivery, m.Completion = nil, nil
		}
	}
}
