package bench

import (
	"context"
	"time"
)

// Scenario is one thing to measure.
type Scenario interface {
	// Validate returns in one line what cannot be run; it begins with the flag.
	Validate() error
	// Run measures. What the server does wrong is in the result, not an error.
	Run(ctx context.Context, d *Driver) (*Result, error)
}

// Traffic is what all scenarios have whose members send.
type Traffic struct {
	Options   `embed:""`
	Payload   int      `json:"payload" default:"${payload}" help:"Bytes of each message's text, 40 or more."`
	Words     bool     `json:"words,omitempty" help:"Fill each text with words, which compress as what people write does, in place of one letter repeated."`
	Warmup    Duration `json:"warmup" default:"2s" help:"Time before the measurement, under the same load, 0s or more."`
	Drain     Duration `json:"drain" default:"10s" help:"Longest wait at the end for what is under way; then it is missing."`
	RoomSeq   bool     `json:"room_seq" default:"true" negatable:"" help:"Check the server's own numbers too, a seq that ends a message, where it gives any."`
	Processes int      `json:"processes" default:"0" help:"Copies of this program that share the connections, 0 to 64; 0: as many as the descriptor limit makes necessary."`
}

// plan of rooms with so many members each, so many of them senders, at a rate of
// all rooms together.
func (t *Traffic) plan(sizes []int, senders int, rate float64) *plan {
	deliveries := 0.0
	for _, size := range sizes {
		deliveries += rate * float64(size) / float64(len(sizes))
	}
	return &plan{
		Target: t.target(), Mark: newMark(), Sizes: sizes, Senders: senders, Rate: rate, Payload: t.Payload, Words: t.Words,
		Warmup: time.Duration(t.Warmup), Duration: time.Duration(t.Duration), Drain: time.Duration(t.Drain),
		Sample: sampling(deliveries), RoomSeq: t.RoomSeq, Loops: t.loops(), Dialers: t.Dialers, Shards: t.Processes,
	}
}

func (t *Traffic) check() error {
	err := broken(
		rule{"warmup", t.Warmup >= 0, "0s or more", time.Duration(t.Warmup)},
		rule{"drain", t.Drain >= 0, "0s or more", time.Duration(t.Drain)},
		rule{"processes", t.Processes >= 0 && t.Processes <= 64, "0 (as many as it takes) to 64", t.Processes},
	)
	if err != nil {
		return err
	}
	return t.Options.check()
}

// fill runs p and puts what came of it into r.
func (d *Driver) fill(ctx context.Context, p *plan, r *Result, watch *observer) (*part, error) {
	whole, err := d.measure(ctx, p, watch)
	if err != nil {
		return nil, err
	}
	r.fill(p, whole)
	if watch != nil {
		r.Server = &watch.use
		r.Server.Share = per(r.Server.CPU, r.Seconds)
		r.Broker = watch.broker.figures(r.Seconds)
		r.Machine = r.machine(whole.Usage.Machine, time.Duration(whole.Usage.At).Seconds())
	}
	return whole, nil
}

// fill takes over the figures of a run.
func (r *Result) fill(p *plan, whole *part) {
	u := whole.Usage
	u.At = int64(whole.took(p))
	r.Seconds = time.Duration(u.At).Seconds()
	r.Connections = p.members()
	r.Sent, r.Delivered, r.Flaws = whole.sent(), whole.Delivered, whole.Flaws
	r.Missing, r.Foreign, r.Ended = whole.Missing, whole.Foreign, whole.Ended
	r.Refused, r.Unsent, r.HeldBack = whole.Refused, whole.Unsent, whole.heldBack(time.Duration(u.At))
	if whole.Numbered > 0 { // a server without numbers has none to be wrong
		r.Room, r.Unnumbered = &whole.Room, whole.Unnumbered
	}
	r.Rate = per(float64(r.Delivered), r.Seconds)
	from := whole.from(p)
	completion := whole.completion(from)
	r.Delivery, r.Completion = whole.Delivery.Percentiles(), completion.Percentiles()
	if r.Delivery != nil && r.Completion != nil {
		r.Delivery.Max = max(r.Delivery.Max, r.Completion.Max) // not sampled
	}
	r.SampledOneIn = p.Sample
	r.Histograms = &Encoded{Delivery: whole.Delivery, Completion: completion}
	r.Generator = own(u, p.Shards, p.Loops, whole.Delivered)
	r.Generator.LagMs, r.Generator.BatchMs = whole.Lag.Percentiles(), whole.Batches.Percentiles()
	r.Generator.Fullest = whole.Fullest
	if p.Churn > 0 {
		r.Churn = &ChurnFigures{Joined: whole.Joined, Left: whole.Left, NotJoined: whole.NotJoined, JoinMs: whole.Joins.Percentiles()}
	}
	if whole.End != "" {
		r.Notes = append(r.Notes, "the first connection to end: "+whole.End)
	}
	if whole.JoinFault != "" {
		r.Notes = append(r.Notes, "the first join to fail: "+whole.JoinFault)
	}
	if whole.Fault != "" {
		r.Notes = append(r.Notes, "the first message not sent: "+whole.Fault)
	}
}

// Fan is rooms of one size, in each of which messages are sent at one rate. With
// one member a room it is an echo.
type Fan struct {
	Traffic `embed:""`
	Title   string  `json:"-" kong:"-"` // the scenario's name in the result; default fan
	Rooms   int     `json:"rooms" default:"${rooms}" help:"Number of rooms, 1 or more."`
	Members int     `json:"members" default:"${members}" help:"Members of each room, 1 or more."`
	Senders int     `json:"senders" default:"1" help:"Members of each room who send in turn, 1 or more."`
	Rate    float64 `json:"rate" default:"${rate}" help:"Messages a second in each room, more than 0."`
}

// What is more is a slip, and would take memory before it was noticed.
const (
	mostRooms    = 1_000_000
	mostMembers  = 10_000_000 // at first, or in place of others
	roomBounds   = "1 to 1000000"
	memberBounds = "up to 10000000"
)

func (f *Fan) plan() *plan {
	sizes := make([]int, f.Rooms)
	for i := range sizes {
		sizes[i] = f.Members
	}
	return f.Traffic.plan(sizes, f.Senders, f.Rate*float64(f.Rooms))
}

// Validate is for Scenario.
func (f *Fan) Validate() error {
	err := broken(
		rule{"rooms", f.Rooms > 0 && f.Rooms <= mostRooms, roomBounds, f.Rooms},
		rule{"members", f.Members > 0 && f.Members <= mostMembers/max(1, f.Rooms), "1 or more, in all rooms together " + memberBounds, f.Members},
		rule{"senders", f.Senders > 0 && f.Senders <= f.Members, "1 to the members of a room", f.Senders},
		rule{"rate", f.Rate > 0, "more than 0", f.Rate},
	)
	if err == nil {
		err = f.Traffic.check()
	}
	if err != nil {
		return err
	}
	return f.plan().check()
}

// Run is for Scenario.
func (f *Fan) Run(ctx context.Context, d *Driver) (*Result, error) {
	return f.run(ctx, d, f.plan(), first(f.Title, "fan"), f)
}

// run measures a plan for the scenario of that name.
func (t *Traffic) run(ctx context.Context, d *Driver, p *plan, name string, options any) (*Result, error) {
	r, watch, err := t.result(name, options)
	if err != nil {
		return nil, err
	}
	_, err = d.fill(ctx, p, r, watch)
	return r.settle(ctx, err)
}
