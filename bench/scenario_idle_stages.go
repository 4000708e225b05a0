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
	"plenum/bench/load"
	"plenum/bench/observe"
	"plenum/bench/wsclient"
)

// IdleStage are the figures of a stage of idle connections, at its end or over its length.
type IdleStage struct {
	Connections        uint64  `json:"connections"`          // open at the end
	RSS                int64   `json:"rss_bytes"`            // the server's memory at the end
	BytesPerConnection float64 `json:"bytes_per_connection"` // growth of RSS since there was one connection, per connection; 0 if none is open
	CPU                float64 `json:"cpu_seconds"`          // the server's, within the stage
	Cores              float64 `json:"cpu_cores"`            // the same per second
	Pings              uint64  `json:"pings"`                // received within the stage
}

// varying opens and closes connections by the stages of an idle scenario. One goroutine paces, the
// loops report dials that are done, and one goroutine measures at the end of each stage.
type varying struct {
	group   *group
	dialers int
	start   int64 // of the first stage, Monotonic

	measured chan struct{} // receives a value when the figures of a stage with a length were read

	begun int // connections whose dial has begun; owned by the goroutine that paces

	mu     sync.Mutex
	stages upgradeStages
	open   []*wsclient.Client // the newest last
	owed   int                // connections that are to be closed as soon as they are open

	fault atomic.Pointer[string] // error of the first dial that failed
}

// vary runs the stages and fills r.
func (s *Idle) vary(ctx context.Context, d *drive.Driver, r *Result, g *group, watch *observe.Server) error {
	before, err := s.warm(ctx, d, g, watch)
	if err != nil {
		return err
	}
	v := &varying{
		group: g, dialers: s.Dialers, start: clock.Monotonic(), begun: 1, stages: newUpgradeStages(s.Stage), open: g.clients,
		measured: make(chan struct{}, len(s.Stage)),
	}
	var figures []IdleStage
	d.During(g.lasting("stages", stages(s.Stage).length()), func() {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		var pacing sync.WaitGroup
		pacing.Go(func() { v.run(ctx, s.Stage) })
		figures, err = v.measure(ctx, r, watch, before)
		if err != nil {
			stop() // the goroutine that paces would wait for the next stage's figures
		}
		pacing.Wait()
	})
	r.Stages = v.stages.figures()[:len(figures)]
	failed := uint64(0)
	for i := range figures {
		r.Stages[i].IdleStage = &figures[i]
		failed += r.Stages[i].Failed
	}
	if fault := v.fault.Load(); fault != nil {
		r.Notes = append(r.Notes, "the first upgrade to fail: "+*fault)
		r.Failures = append(r.Failures, fmt.Sprintf("%d upgrades of the stages failed", failed))
	}
	return err
}

// run follows the stages in a thread of its own, and waits for its dials. Within a stage, the
// connections are due at equal intervals. At most dialers dials are not done at a time. A stage
// begins when the figures of the stage before it were read, so that it has no part in them.
func (v *varying) run(ctx context.Context, all stages) {
	load.Prioritize()
	dialling := make(chan struct{}, v.dialers)
	at, n := v.start, 1
	for _, one := range all {
		to := int(math.Round(one.Target))
		change := max(to-n, n-to)
		for i := range change {
			due := at + int64(float64(one.Duration)*float64(i)/float64(change))
			if !load.Await(ctx, load.Schedule{Start: due, Rate: 1}, 0) {
				break
			}
			if to < n {
				v.closeNewest()
				continue
			}
			dialling <- struct{}{} // every dial ends, at the latest with ctx
			v.dial(ctx, due, func() { <-dialling })
		}
		at, n = at+int64(one.Duration), to
		if one.Duration > 0 {
			v.awaitMeasured(ctx)
		}
	}
	for range v.dialers {
		dialling <- struct{}{}
	}
}

func (v *varying) awaitMeasured(ctx context.Context) {
	select {
	case <-v.measured:
	case <-ctx.Done():
	}
}

// dial begins the dial of the next connection, which was due at due. done is called when it has ended.
func (v *varying) dial(ctx context.Context, due int64, done func()) {
	i := v.begun
	v.begun++
	ended := func(c *wsclient.Client, err error) {
		defer done()
		v.opened(ctx, due, c, v.group.greet(i, c, err))
	}
	if err := v.group.pool.Begin(ctx, v.group.url(i), i, ended); err != nil {
		ended(nil, err)
	}
}

// opened takes the result of a dial that was due at due.
func (v *varying) opened(ctx context.Context, due int64, c *wsclient.Client, err error) {
	took := time.Duration(clock.Monotonic() - due)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil:
	case err != nil:
		text := err.Error()
		v.fault.CompareAndSwap(nil, &text)
		v.stages.failed(due - v.start)
	default:
		v.stages.done(due-v.start, took)
		v.open = append(v.open, c)
		if v.owed > 0 {
			v.owed--
			v.closeLast()
		}
	}
}

// closeNewest closes a connection. If none is open, the next one is closed as soon as it is.
func (v *varying) closeNewest() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.open) == 0 {
		v.owed++
		return
	}
	v.closeLast()
}

// closeLast closes the newest open connection. v.mu must be held.
func (v *varying) closeLast() {
	last := len(v.open) - 1
	c := v.open[last]
	v.open = v.open[:last]
	v.group.leaving.Store(c, true)
	_ = c.Close(1000) // it fails only if the server has closed the connection
}

// measure reads the figures at the end of each stage with a length. before is the server's memory
// with one connection.
func (v *varying) measure(ctx context.Context, r *Result, watch *observe.Server, before int64) (all []IdleStage, err error) {
	pool := v.group.pool
	cpu, err := watch.CPU()
	if err != nil {
		return nil, err
	}
	used := load.OwnUsage(pool)
	for i := range v.stages {
		if err := clock.Sleep(ctx, time.Duration(v.start+v.stages[i].end-clock.Monotonic())); err != nil {
			return all, err
		}
		now, err := watch.CPU()
		if err != nil {
			return all, err
		}
		f := IdleStage{Connections: pool.Stats().Open, CPU: (now - cpu).Seconds()}
		if f.RSS, err = watch.RSS(); err != nil {
			return all, err
		}
		own := load.OwnUsage(pool)
		spent := own.Since(used)
		seconds := time.Duration(spent.At).Seconds()
		f.Pings, f.Cores = spent.Stats.Pings, observe.Per(f.CPU, seconds)
		f.BytesPerConnection = observe.Per(float64(f.RSS-before), float64(f.Connections))
		r.Machine = spent.Machine.Use(seconds, observe.Per(f.CPU+spent.CPU.Seconds(), seconds))
		all, cpu, used = append(all, f), now, own
		v.measured <- struct{}{} // it has room for all stages
	}
	return all, nil
}
