package bench

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
	"plenum/bench/wsclient"
)

// Connect measures upgrades in two parts. In the storm, each dialer opens its next connection
// as soon as the last one is open, and none is closed. In the steady part, upgrades follow an
// open-loop schedule, and each latency starts when the upgrade was due. Keep connections are open
// before it begins, and each upgrade closes the oldest one by a closing handshake. Before the
// steady part, the scenario waits until the server is idle, for at most 10 s.
type Connect struct {
	Options `embed:""` // Duration bounds the storm and is the length of the steady part
	Storm   int        `json:"storm" name:"connections" aliases:"storm" default:"15000" help:"Connections to open as fast as possible, 1 or more."`
	Rate    float64    `json:"rate" default:"2000" help:"Upgrades per second in the steady part, 0 (no steady part) or more."`
	Stage   []Stage    `json:"stages,omitempty" placeholder:"DURATION:RATE" without:"rate" help:"Steady part over time, in place of --rate: the upgrades per second rise or fall evenly to RATE within DURATION. The first stage begins at 0. A stage of 0s jumps. Repeat it for each stage."`
	Keep    int        `json:"keep" default:"5000" help:"Connections that the steady part keeps open, 1 or more."`
	Members int        `json:"members" default:"10" help:"Members per room, 1 or more."`
}

// ConnectFigures are the figures of both parts. Steady is nil if there was no steady part.
type ConnectFigures struct {
	Storm  *Upgrades `json:"storm,omitempty"`
	Steady *Upgrades `json:"steady,omitempty"`
}

// Upgrades are the figures of one part. The latency of an upgrade runs to the end of the
// response. It starts at the first byte of the dial, or in the steady part at the due time.
type Upgrades struct {
	Done          uint64               `json:"done"`
	Failed        uint64               `json:"failed"`
	Late          uint64               `json:"late"` // due but not done at the end; Ms has their age at that time
	Seconds       float64              `json:"seconds"`
	PerSecond     float64              `json:"per_second"`
	Ms            *latency.Percentiles `json:"ms,omitempty"`        // latencies of upgrades
	Histogram     *latency.Histogram   `json:"histogram,omitempty"` // the same, in microseconds
	Server        float64              `json:"server_cores"`        // processor seconds per second
	Generator     float64              `json:"generator_cores"`
	CPUPerUpgrade float64              `json:"server_cpu_us_per_upgrade"` // the server's processor time; in the steady part with the close
}

// Validate implements [Scenario].
func (s *Connect) Validate() error {
	room := drive.MaxConnections() - s.Dialers
	err := broken(
		rule{"connections", s.Storm > 0 && s.Storm <= room, fmt.Sprintf("1 to %d, by the descriptor limit", room), s.Storm},
		rule{"rate", s.Rate >= 0, "0 or more", s.Rate},
		rule{"keep", s.Keep > 0 && s.Keep <= room, fmt.Sprintf("1 to %d, by the descriptor limit", room), s.Keep},
		rule{"members", s.Members > 0, "1 or more", s.Members},
	)
	if err == nil {
		err = stages(s.Stage).check()
	}
	if err != nil {
		return err
	}
	return s.Options.check()
}

// isSteady reports whether there is a steady part.
func (s *Connect) isSteady() bool { return s.Rate > 0 || len(s.Stage) > 0 }

// schedule returns the schedule of the steady part.
func (s *Connect) schedule(start int64) load.Schedule {
	return load.Schedule{Start: start, Rate: s.Rate, Ramps: stages(s.Stage).ramps(1)}
}

// meanRate returns the upgrades per second of the steady part.
func (s *Connect) meanRate() float64 {
	if len(s.Stage) > 0 {
		return float64(s.schedule(0).Hits(s.length())) / s.length().Seconds()
	}
	return s.Rate
}

// length returns the length of the steady part.
func (s *Connect) length() time.Duration {
	if len(s.Stage) > 0 {
		return stages(s.Stage).length()
	}
	return time.Duration(s.Duration)
}

// Run implements [Scenario].
func (s *Connect) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, watch, err := s.result(ctx, "connect", s)
	if err != nil {
		return nil, err
	}
	r.Connect = &ConnectFigures{}
	begin := clock.Monotonic()
	r.Connect.Storm, err = s.part(ctx, d, r, watch, "storm", false)
	if err == nil && s.isSteady() && awaitIdle(ctx, d, watch) {
		r.Connect.Steady, err = s.part(ctx, d, r, watch, "steady", true)
	}
	r.Seconds = time.Duration(clock.Monotonic() - begin).Seconds()
	return r.finish(ctx, r.endedProcess(ctx, watch, err))
}

// part runs one part: the storm or the steady part. If ctx ends on the way, it returns the figures
// so far.
func (s *Connect) part(ctx context.Context, d *drive.Driver, r *Result, watch *observe.Server, name string, steady bool) (*Upgrades, error) {
	g, err := s.group(s.Members)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	u := &upgrading{group: g, open: make([]*wsclient.Client, s.Storm), latency: latency.NewRecorder()}
	held := time.Duration(s.Duration)
	if steady {
		held, u.isSteady = s.length(), true
		u.stages = newUpgradeStages(s.Stage)
		u.open = make([]*wsclient.Client, s.Keep)
		d.During(g.opening("filling", s.Keep), func() { u.fill(ctx, held, s.Dialers) })
		awaitIdle(ctx, d, watch) // false if ctx has ended, which the dials notice
	}
	timed, cancel := context.WithTimeout(ctx, held)
	defer cancel()
	u.schedule = s.schedule(clock.Monotonic())
	watch.Begin(ctx)
	before := load.OwnUsage(g.pool)
	d.During(u.live(name, held), func() { u.run(timed, s.Dialers) })
	use := load.OwnUsage(g.pool).Since(before)
	server := watch.End(u.done.Load())
	figures := u.figures(use)
	if server != nil {
		figures.Server, figures.CPUPerUpgrade = observe.Per(server.CPU, figures.Seconds), server.CPUPerDelivery
		r.Machine = observe.Noisier(r.Machine, use.Machine.Use(figures.Seconds, figures.Server+figures.Generator))
	}
	if ended := g.ended.Load(); !steady && ended > 0 { // in the steady part the client closes connections itself
		r.Failures = append(r.Failures, fmt.Sprintf("%d connections of the storm ended by the server", ended))
	}
	if fault := u.fault.Load(); fault != nil {
		r.Notes = append(r.Notes, "the first upgrade to fail: "+*fault)
		r.Failures = append(r.Failures, fmt.Sprintf("%d upgrades of the %s failed", figures.Failed, name))
	}
	if steady {
		r.Stages = u.stages.figures()
	}
	if fault := g.talk.Fault(); fault != "" {
		r.Notes = append(r.Notes, "the server's first refusal: "+fault)
	}
	if ctx.Err() == nil {
		s.reason(r, name, figures)
	}
	return figures, nil
}

// reason adds a note if the client bounded a part, which takes the processor time of both. A steady part that missed its rate is a
// failure if the server used more processor time than the generator. Otherwise the result is not
// valid.
func (s *Connect) reason(r *Result, name string, u *Upgrades) {
	if u.Server > 0 && u.Generator > u.Server && u.Server+u.Generator > 0.9*float64(r.Environment.Cores) {
		r.Notes = append(r.Notes, fmt.Sprintf("the %s was bounded by the client, which used %.2f cores while the server used %.2f", name, u.Generator, u.Server))
	}
	rate := s.meanRate()
	if name != "steady" || u.PerSecond >= 0.95*rate {
		return
	}
	text := fmt.Sprintf("the steady part reached %.0f of %.0f upgrades per second", u.PerSecond, rate)
	if u.Server > u.Generator {
		r.Failures = append(r.Failures, text)
		return
	}
	r.Reasons = append(r.Reasons, text)
}
