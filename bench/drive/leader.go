package drive

import (
	"context"
	"sync"
	"time"

	"plenum/bench/clock"
	"plenum/bench/load"
	"plenum/bench/observe"
)

const (
	probeTimeout = 30 * time.Second       // leader.patience, except in tests
	startDelay   = 100 * time.Millisecond // from the first orderBegin until the first message is due
	cutDrain     = 2 * time.Second        // limit for the drain of a run that was cut
)

// leader leads the workers of one run from step to step.
type leader struct {
	driver   *Driver
	workers  []worker
	plan     *load.Plan
	patience time.Duration // limit for every member to receive a probe
	start    int64         // due time of the first message, Monotonic; 0: not yet known
	gone     bool          // the server and all connections have ended during run
}

// ready opens the connections and waits until every member has received a probe.
func (l *leader) ready(ctx context.Context) error {
	_, err := l.all(ctx, l.opening, order{Do: orderOpen, Plan: l.plan})
	if err != nil {
		return err
	}
	for begin := time.Now(); ; {
		answers, err := l.all(ctx, named("probing"), order{Do: orderProbe})
		if err != nil {
			return err
		}
		var silence load.Silence
		for _, a := range answers {
			silence.Merge(a.Silence)
		}
		switch {
		case silence.Members == 0:
			return nil
		case silence.Ended > 0, time.Since(begin) > l.patience:
			return unheard(silence, l.plan, l.patience)
		}
	}
}

// begin tells all workers when the first message is due. If their answers take more than half of the time
// until then, begin tells them a later time. The other half is for the next order.
func (l *leader) begin(ctx context.Context) error {
	for delay := startDelay; ; delay *= 4 {
		told := clock.Monotonic()
		l.start = told + int64(delay)
		if _, err := l.all(ctx, l.running, order{Do: orderBegin, Start: l.start}); err != nil {
			return err
		}
		if clock.Monotonic()-told <= int64(delay)/2 {
			return nil
		}
	}
}

// run lets the workers send by the schedule, and returns the counts of sent messages of all workers. It
// ends early if the server and all connections have ended.
func (l *leader) run(ctx context.Context, o *observe.Server) (load.SendCounts, error) {
	if err := l.begin(ctx); err != nil {
		return load.SendCounts{}, err
	}
	running, end := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { l.gone = l.awaitGone(running, o); end() })
	answers, err := l.all(running, l.running, order{Do: orderRun})
	end()
	watching.Wait()
	if err != nil {
		return load.SendCounts{}, err
	}
	all := load.NewSendCounts(l.plan.Streams())
	for _, a := range answers {
		all.Add(a.SendCounts)
	}
	return all, nil
}

// finish drains and counts a run, also one that was cut. all has the counts of sent messages.
func (l *leader) finish(ctx context.Context, all load.SendCounts, o *observe.Server) (*load.Outcome, error) {
	drain := l.plan.Drain + load.Quiet
	switch {
	case l.gone:
		drain = goneDrain
	case ctx.Err() != nil:
		drain = cutDrain
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if _, err := l.all(ctx, named("draining"), order{Do: orderDrain, SendCounts: all}); err != nil {
		return nil, err
	}
	o.Halt() // later deliveries are not part of the load
	answers, err := l.all(context.WithoutCancel(ctx), named("counting"), order{Do: orderFinish})
	if err != nil {
		return nil, err
	}
	used := l.agentsUsed(answers)
	if err := l.checkClocks(used); err != nil {
		return nil, err
	}
	whole := answers[0].Outcome
	for _, a := range answers[1:] {
		whole.Merge(a.Outcome)
	}
	whole.Agents = used
	return whole, nil
}

// all sends an order to every worker and returns all answers. The first error cuts the order of the other
// workers, and all returns that error. p describes the phase for Driver.Live.
func (l *leader) all(ctx context.Context, p phase, o order) ([]answer, error) {
	answers := make([]answer, len(l.workers))
	working, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var first sync.Once
	var broken error
	o.Live = l.driver.Live != nil
	l.driver.During(func() Live { return l.figures(p) }, func() {
		var workers sync.WaitGroup
		for i, w := range l.workers {
			own := o
			if o.Plan != nil {
				p := *o.Plan
				p.Shard = i
				own.Plan = &p
			}
			workers.Go(func() {
				a, err := w.do(working, own)
				if answers[i] = a; err != nil {
					first.Do(func() { broken = err; fail(err) })
				}
			})
		}
		workers.Wait()
	})
	if broken != nil {
		return nil, broken
	}
	return answers, nil
}

// stop stops all workers.
func (l *leader) stop() {
	for _, w := range l.workers {
		w.stop()
	}
}
