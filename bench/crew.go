package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"plenum/bench/clock"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// crew is the hands of one run and what they are asked.
type crew struct {
	driver *Driver
	hands  []hand
	plan   *load.Plan
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
			return fmt.Errorf("bench: %d of %d members heard no message of their room in %v", silent, c.plan.Members(), hearing)
		}
	}
}

func (c *crew) run(ctx context.Context) (load.Sends, error) {
	start := clock.Monotonic() + int64(ahead)
	whole := c.plan.Warmup + c.plan.Duration
	elapsed := func() (uint64, uint64) {
		done := min(max(0, time.Duration(clock.Monotonic()-start)), whole)
		return uint64(done / time.Millisecond), uint64(whole / time.Millisecond)
	}
	answers, err := c.all(ctx, "run", elapsed, order{Do: orderRun, Start: start})
	if err != nil {
		return load.Sends{}, err
	}
	all := load.NewSends(c.plan.Streams())
	for _, a := range answers {
		all.Add(a.Sends)
	}
	return all, nil
}

// settle ends a run, also one that was cut.
func (c *crew) settle(ctx context.Context, all load.Sends, o *observe.Server) (*load.Outcome, error) {
	drain := c.plan.Drain + load.Quiet
	if ctx.Err() != nil {
		drain = cutTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if _, err := c.all(ctx, "drain", unknown, order{Do: orderDrain, Sends: all}); err != nil {
		return nil, err
	}
	o.Halt() // what comes now is no part of the load
	answers, err := c.all(context.WithoutCancel(ctx), "count", unknown, order{Do: orderFinish})
	if err != nil {
		return nil, err
	}
	whole := answers[0].Part
	for _, a := range answers[1:] {
		whole.Merge(a.Part)
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
	return done, uint64(c.plan.Members())
}

func unknown() (done, total uint64) { return 0, 0 }

func (c *crew) stop() {
	for _, h := range c.hands {
		h.stop()
	}
}
