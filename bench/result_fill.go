package bench

import (
	"context"
	"math"
	"time"

	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// measure runs p and fills r with its figures. watch may be nil.
func (r *Result) measure(ctx context.Context, d *drive.Driver, p *load.Plan, watch *observe.Server) (*load.Outcome, error) {
	if watch != nil {
		watch.Keep = p.Every > 0
	}
	p.Target.Hosts = r.hosts
	whole, err := d.Measure(ctx, p, watch)
	if err != nil {
		return nil, err
	}
	r.fill(p, whole)
	r.Series = series(p, whole, watch.Samples())
	r.Agents = agentFigures(whole)
	if watch != nil {
		r.Server = watch.Used()
		r.Server.Cores = observe.Per(r.Server.CPU, r.Seconds)
		r.Broker = watch.Broker.Figures(r.Seconds)
		r.Machine = r.machine(whole.Usage.Machine, time.Duration(whole.Usage.At).Seconds())
	}
	return whole, nil
}

// fill fills r with the figures of a run.
func (r *Result) fill(p *load.Plan, whole *load.Outcome) {
	u := whole.Usage
	u.At = int64(whole.Took(p))
	r.Seconds = time.Duration(u.At).Seconds()
	r.Connections = p.Members()
	r.Sent, r.Delivered, r.Flaws = whole.TotalSent(), whole.Delivered, whole.Flaws
	r.Missing, r.Foreign, r.Echoed, r.Ended, r.Ends = whole.Missing, whole.Foreign, whole.Echoed, whole.Ended, whole.Ends
	r.Refused, r.Unsent, r.HeldBack = whole.Refused, whole.Unsent, heldBack(whole, time.Duration(u.At))
	if whole.Numbered > 0 { // a server that numbers nothing is not checked
		r.Room, r.Unnumbered = &whole.Room, whole.Unnumbered
	}
	r.Rate = observe.Per(float64(r.Delivered), r.Seconds)
	from := whole.MeasuredFrom(p)
	completion := whole.Completion(from, math.MaxInt64)
	r.Delivery, r.Completion = whole.Delivery.Percentiles(), completion.Percentiles()
	if r.Delivery != nil && r.Completion != nil {
		r.Delivery.Max = max(r.Delivery.Max, r.Completion.Max) // completions are not sampled
	}
	r.SampledOneIn = p.Sample
	r.fillStages(p, whole)
	r.Histograms = &Encoded{Delivery: whole.Delivery, Completion: completion}
	r.Generator = own(u, p.Shards, p.Loops, whole.Delivered)
	r.Generator.LagMs, r.Generator.BatchMs = whole.Lag.Percentiles(), whole.Batches.Percentiles()
	r.Generator.BusiestInterval = whole.BusiestInterval
	if p.Churn > 0 {
		r.Churn = &ChurnFigures{Joined: whole.Joined, Left: whole.Left, NotJoined: whole.NotJoined, JoinMs: whole.Joins.Percentiles()}
	}
	if whole.End != "" {
		r.Notes = append(r.Notes, "the first connection to end: "+whole.End)
	}
	if whole.Refusal != "" {
		r.Notes = append(r.Notes, "the server's first refusal: "+whole.Refusal)
	}
	if whole.JoinFault != "" {
		r.Notes = append(r.Notes, "the first join to fail: "+whole.JoinFault)
	}
	if whole.Fault != "" {
		r.Notes = append(r.Notes, "the first message not sent: "+whole.Fault)
	}
}

// machine returns the use of the whole machine during a run. r must have the use of the server
// and of the generator. If one of them is unknown, machine returns nil, because its share would
// count as other processes. It also returns nil if the load comes from other machines.
//
// m is measured over that many seconds, which include the drain. After a run that lost
// messages, the drain may last long beyond r.Seconds.
func (r *Result) machine(m observe.MachineTime, over float64) *observe.MachineUse {
	if r.Server == nil || r.Generator == nil || len(r.Agents) > 0 {
		return nil
	}
	known := r.Server.Cores + r.Generator.Cores
	if r.Broker != nil {
		known += r.Broker.Cores
	}
	return m.Use(over, observe.Per(known*r.Seconds, over))
}

// own returns the figures of the generator's own use u.
func own(u load.Usage, processes, loops int, delivered uint64) *OwnUse {
	wall := time.Duration(u.At).Seconds()
	g := &OwnUse{
		Processes: processes, Loops: loops, CPU: u.CPU.Seconds(), Cores: observe.Per(u.CPU.Seconds(), wall),
		BusiestLoop: observe.Per(u.Busy.Seconds(), wall), MaxPauseMs: latency.Millis(u.Pause),
		Frames: u.Stats.Frames, Bytes: u.Stats.Bytes, Pings: u.Stats.Pings,
	}
	if delivered > 0 {
		g.CPUPerDelivery = u.CPU.Seconds() * 1e6 / float64(delivered)
	}
	return g
}

// heldBack returns how long the senders were held back in a run that took that long. It returns
// nil if they were not.
func heldBack(p *load.Outcome, took time.Duration) *HeldBackFigures {
	late := p.Refused + p.Held.Late
	if late == 0 {
		return nil
	}
	seconds := p.Held.Within(p.Start, p.Start+int64(took)).Seconds()
	return &HeldBackFigures{
		Late: p.Held.Late, ShareOfMessages: float64(late) / float64(p.TotalSent()+p.Refused+p.Unsent),
		Seconds: seconds, ShareOfTime: observe.Per(seconds, took.Seconds()),
	}
}
