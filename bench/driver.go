package bench

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Driver runs scenarios. Its zero value runs them in this process, silently.
type Driver struct {
	// Progress is told how far a stage is; total is 0 where that is not known.
	// It is called from one goroutine at a time, and not after Run has returned.
	Progress func(stage string, done, total uint64)
	// Copy returns the command of a copy of this program that calls [Shard], for
	// more connections than one process may have. Nil: one process only.
	Copy func() *exec.Cmd
}

func (d *Driver) progress(stage string, done, total uint64) {
	if d.Progress != nil {
		d.Progress(stage, done, total)
	}
}

// during reports a stage while work runs, and waits for it.
func (d *Driver) during(stage string, done func() (done, total uint64), work func()) {
	finished := make(chan struct{})
	go func() { defer close(finished); work() }()
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		n, total := done()
		d.progress(stage, n, total)
		select {
		case <-finished:
			n, total = done()
			d.progress(stage, n, total)
			return
		case <-ticker.C:
		}
	}
}

const (
	hearing = 30 * time.Second // until every member must have heard a probe
	ahead   = 100 * time.Millisecond
	cutTime = 2 * time.Second // for the end of a run that was cut
)

// crew is the hands of one run and what they are asked.
type crew struct {
	driver *Driver
	hands  []hand
	plan   *plan
}

// measure runs a plan and returns what came of it. Where ctx ends on the way, it
// returns what there is; with nothing, its cause. What the server used is in o.
func (d *Driver) measure(ctx context.Context, p *plan, o *observer) (*part, error) {
	hands, err := d.hire(p)
	if err != nil {
		return nil, err
	}
	c := &crew{driver: d, hands: hands, plan: p}
	defer c.stop()
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	o.begin(context.WithoutCancel(ctx))
	all, err := c.run(ctx)
	if err != nil {
		o.end(0)
		return nil, err
	}
	whole, err := c.settle(ctx, all, o)
	if err != nil {
		o.end(0)
		return nil, err
	}
	o.end(whole.Delivered)
	return whole, nil
}

// ready opens the connections and waits until each member has heard its room.
func (c *crew) ready(ctx context.Context) error {
	_, err := c.all(ctx, "open", c.opened, order{Do: orderOpen, Plan: c.plan})
	if err != nil {
		return err
	}
	for begin := time.Now(); ; {
		answers, err := c.all(ctx, "probe", unknown, order{Do: orderProbe})
		if err != nil {
			return err
		}
		silent := 0
		for _, a := range answers {
			silent += a.Silent
		}
		switch {
		case silent == 0:
			return nil
		case time.Since(begin) > hearing:
			return fmt.Errorf("bench: %d of %d members heard no message of their room in %v", silent, c.plan.members(), hearing)
		}
	}
}

func (c *crew) run(ctx context.Context) (account, error) {
	start := Monotonic() + int64(ahead)
	whole := c.plan.Warmup + c.plan.Duration
	elapsed := func() (uint64, uint64) {
		done := min(max(0, time.Duration(Monotonic()-start)), whole)
		return uint64(done / time.Millisecond), uint64(whole / time.Millisecond)
	}
	answers, err := c.all(ctx, "run", elapsed, order{Do: orderRun, Start: start})
	if err != nil {
		return account{}, err
	}
	all := newAccount(c.plan.streams())
	for _, a := range answers {
		all.add(a.account)
	}
	return all, nil
}

// settle ends a run, also one that was cut.
func (c *crew) settle(ctx context.Context, all account, o *observer) (*part, error) {
	drain := c.plan.Drain + quiet
	if ctx.Err() != nil {
		drain = cutTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if _, err := c.all(ctx, "drain", unknown, order{Do: orderDrain, account: all}); err != nil {
		return nil, err
	}
	o.halt() // what comes now is no part of the load
	answers, err := c.all(context.WithoutCancel(ctx), "count", unknown, order{Do: orderFinish})
	if err != nil {
		return nil, err
	}
	whole := answers[0].Part
	for _, a := range answers[1:] {
		whole.merge(a.Part)
	}
	return whole, nil
}

// all gives every hand an order and waits for the answers.
func (c *crew) all(ctx context.Context, stage string, done func() (uint64, uint64), o order) ([]answer, error) {
	answers, errs := make([]answer, len(c.hands)), make([]error, len(c.hands))
	c.driver.during(stage, done, func() {
		var working sync.WaitGroup
		for i, h := range c.hands {
			own := o
			if o.Plan != nil {
				p := *o.Plan
				p.Shard = i
				own.Plan = &p
			}
			working.Go(func() { answers[i], errs[i] = h.do(ctx, own) })
		}
		working.Wait()
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// opened is the progress of the dials, where they are made here.
func (c *crew) opened() (done, total uint64) {
	if h, ok := c.hands[0].(*local); ok {
		done = uint64(h.opened.Load())
	}
	return done, uint64(c.plan.members())
}

func unknown() (done, total uint64) { return 0, 0 }

func (c *crew) stop() {
	for _, h := range c.hands {
		h.stop()
	}
}

// reserve is how many descriptors a process keeps for other things than connections.
const reserve = 128

// hire returns the hands for a plan: this process, or as many copies of it as the
// descriptor limit makes necessary.
func (d *Driver) hire(p *plan) ([]hand, error) {
	if p.Shards == 0 {
		p.Shards = 1
		if room := int(descriptorLimit()) - reserve; p.members()+p.dialing() > room {
			p.Shards = (p.members() + p.dialing() + room - 1) / max(1, room)
		}
	}
	if p.Shards == 1 {
		return []hand{&local{}}, nil
	}
	if d.Copy == nil {
		return nil, fmt.Errorf("bench: %d connections are more than the descriptor limit of %d allows", p.members(), descriptorLimit())
	}
	return d.copies(p.Shards)
}

// dialing is how many connections a churn may have beyond the members.
func (p *plan) dialing() int {
	if p.Churn == 0 {
		return 0
	}
	return p.Dialers
}
