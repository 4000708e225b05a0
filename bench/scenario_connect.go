package bench

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
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
// open-loop schedule, and each latency starts when the upgrade was due. When Keep newer
// connections are open, the oldest one is closed by a closing handshake. Between the parts, the
// scenario waits until the server is idle, for at most 10 s.
type Connect struct {
	Options `embed:""` // Duration bounds the storm and is the length of the steady part
	Storm   int        `json:"storm" default:"15000" help:"Connections to open as fast as possible, 1 or more."`
	Rate    float64    `json:"rate" default:"2000" help:"Upgrades per second in the steady part, 0 (no steady part) or more."`
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
	CPUPerUpgrade float64              `json:"server_cpu_us_per_upgrade"` // the server's processor time
}

// Validate implements [Scenario].
func (s *Connect) Validate() error {
	room := drive.MaxConnections() - s.Dialers
	err := broken(
		rule{"storm", s.Storm > 0 && s.Storm <= room, fmt.Sprintf("1 to %d, by the descriptor limit", room), s.Storm},
		rule{"rate", s.Rate >= 0, "0 or more", s.Rate},
		rule{"keep", s.Keep > 0 && s.Keep <= room, fmt.Sprintf("1 to %d, by the descriptor limit", room), s.Keep},
		rule{"members", s.Members > 0, "1 or more", s.Members},
	)
	if err != nil {
		return err
	}
	return s.Options.check()
}

// Run implements [Scenario].
func (s *Connect) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, watch, err := s.result("connect", s)
	if err != nil {
		return nil, err
	}
	r.Connect = &ConnectFigures{}
	begin := clock.Monotonic()
	r.Connect.Storm, err = s.part(ctx, d, r, watch, "storm", 0)
	if err == nil && s.Rate > 0 && watch.AwaitIdle(ctx) {
		r.Connect.Steady, err = s.part(ctx, d, r, watch, "steady", s.Rate)
	}
	r.Seconds = time.Duration(clock.Monotonic() - begin).Seconds()
	return r.finish(ctx, err)
}

// part runs one part: the storm if rate is 0, else the steady part. If ctx ends on the way, it
// returns the figures so far.
func (s *Connect) part(ctx context.Context, d *drive.Driver, r *Result, watch *observe.Server, name string, rate float64) (*Upgrades, error) {
	g, err := s.group(s.Members)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	u := &upgrading{group: g, keep: s.Keep, most: math.MaxInt, latency: latency.NewHistogram(), schedule: load.Schedule{Start: clock.Monotonic(), Rate: rate}}
	if rate == 0 {
		u.keep, u.most = s.Storm, s.Storm
	}
	held := time.Duration(s.Duration)
	timed, cancel := context.WithTimeout(ctx, held)
	defer cancel()
	watch.Begin(ctx)
	before := load.OwnUsage(g.pool)
	elapsed := func() (uint64, uint64) {
		return uint64(min(time.Duration(clock.Monotonic()-u.schedule.Start), held) / time.Millisecond), uint64(held / time.Millisecond)
	}
	d.During(name, elapsed, func() { u.run(timed, s.Dialers) })
	use := load.OwnUsage(g.pool).Since(before)
	server := watch.End(u.done.Load())
	figures := u.figures(use)
	if server != nil {
		figures.Server, figures.CPUPerUpgrade = observe.Per(server.CPU, figures.Seconds), server.CPUPerDelivery
		r.Machine = observe.Noisier(r.Machine, use.Machine.Use(figures.Seconds, figures.Server+figures.Generator))
	}
	if ended := g.ended.Load(); rate == 0 && ended > 0 { // in the steady part the client closes connections itself
		r.Failures = append(r.Failures, fmt.Sprintf("%d connections of the storm ended by the server", ended))
	}
	if fault := u.fault.Load(); fault != nil {
		r.Notes = append(r.Notes, "the first upgrade to fail: "+*fault)
		r.Failures = append(r.Failures, fmt.Sprintf("%d upgrades of the %s failed", figures.Failed, name))
	}
	if ctx.Err() == nil {
		s.reason(r, name, figures)
	}
	return figures, nil
}

// reason adds a note if the client bounded a part. A steady part that missed its rate is a
// failure if the server used more processor time than the generator. Otherwise the result is not
// valid.
func (s *Connect) reason(r *Result, name string, u *Upgrades) {
	if u.Generator > u.Server && u.Server+u.Generator > 0.9*float64(r.Environment.Cores) {
		r.Notes = append(r.Notes, fmt.Sprintf("the %s was bounded by the client, which used %.2f cores while the server used %.2f", name, u.Generator, u.Server))
	}
	if name != "steady" || u.PerSecond >= 0.95*s.Rate {
		return
	}
	text := fmt.Sprintf("the steady part reached %.0f of %.0f upgrades per second", u.PerSecond, s.Rate)
	if u.Server > u.Generator {
		r.Failures = append(r.Failures, text)
		return
	}
	r.Reasons = append(r.Reasons, text)
}

// upgrading is the state of one running part.
type upgrading struct {
	group    *group
	keep     int           // connections that stay open
	most     int           // upgrades to do at most
	schedule load.Schedule // Rate 0: a storm

	mu      sync.Mutex
	latency latency.Histogram
	open    []*wsclient.Client // ring of the keep newest connections

	// atomic
	next         atomic.Int64
	done, failed atomic.Uint64
	late         atomic.Uint64
	fault        atomic.Pointer[string]
}

// run runs the dialers until ctx ends or all upgrades are done. In the steady part it then
// records the upgrades that were due but not begun, because no dialer was free.
func (u *upgrading) run(ctx context.Context, dialers int) {
	u.open = make([]*wsclient.Client, u.keep)
	var dialling sync.WaitGroup
	for range dialers {
		dialling.Go(func() { u.work(ctx) })
	}
	dialling.Wait()
	if u.schedule.Rate == 0 {
		return
	}
	for i, now := int(u.next.Load()), clock.Monotonic(); u.schedule.Due(i) < now; i++ {
		u.overdue(now - u.schedule.Due(i))
	}
}

// overdue records an upgrade that was due that many nanoseconds ago and is not done.
func (u *upgrading) overdue(age int64) {
	u.late.Add(1)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.latency.Record(age / int64(time.Microsecond))
}

func (u *upgrading) work(ctx context.Context) {
	for ctx.Err() == nil {
		i := int(u.next.Add(1) - 1)
		if i >= u.most {
			return
		}
		begin := clock.Monotonic()
		if u.schedule.Rate > 0 {
			begin = u.schedule.Due(i)
			if clock.Sleep(ctx, u.schedule.Wait(clock.Monotonic(), i)) != nil {
				return
			}
		}
		u.one(ctx, i, begin)
	}
}

// one opens connection i, and closes the connection keep upgrades before it. begin is the time
// from which the latency counts.
func (u *upgrading) one(ctx context.Context, i int, begin int64) {
	c, err := u.group.dial(ctx, i)
	if err != nil {
		if ctx.Err() == nil {
			text := err.Error()
			u.fault.CompareAndSwap(nil, &text)
			u.failed.Add(1)
		} else if u.schedule.Rate > 0 {
			u.overdue(clock.Monotonic() - begin)
		}
		return
	}
	took := clock.Monotonic() - begin
	u.done.Add(1)
	u.mu.Lock()
	old := u.open[i%u.keep]
	u.open[i%u.keep] = c
	u.latency.Record(took / int64(time.Microsecond))
	u.mu.Unlock()
	if old != nil {
		_ = old.Close(1000) // it fails only if the server has closed the connection
	}
}

func (u *upgrading) figures(use load.Usage) *Upgrades {
	wall := time.Duration(use.At).Seconds()
	done := u.done.Load()
	return &Upgrades{
		Done: done, Failed: u.failed.Load(), Late: u.late.Load(), Seconds: wall, PerSecond: float64(done) / wall,
		Ms: u.latency.Percentiles(), Histogram: &u.latency, Generator: use.CPU.Seconds() / wall,
	}
}
