package load

import (
	"context"
	"time"

	"plenum/bench/clock"
	"plenum/bench/wsclient"
)

// stall pauses the slow members. If Plan.Stall is 0, it pauses them once, at from, Monotonic. Otherwise it pauses them for
// Plan.Stall every Plan.StallEvery after from. The last stall ends before the run does.
func (l *Load) stall(ctx context.Context, from int64) {
	p := l.plan
	if p.Stall == 0 {
		if sleepUntil(ctx, from) == nil {
			l.pauseSlow()
		}
		return
	}
	end := from + int64(p.Duration)
	for at := from + int64(p.StallEvery); at+int64(p.Stall) <= end; at += int64(p.StallEvery) {
		if sleepUntil(ctx, at) != nil {
			return
		}
		l.pauseSlow()
		if sleepUntil(ctx, at+int64(p.Stall)) != nil {
			return
		}
		l.resumeSlow(ctx)
	}
}

func sleepUntil(ctx context.Context, at int64) error {
	return clock.Sleep(ctx, time.Duration(at-clock.Monotonic()))
}

// pauseSlow pauses the slow members. While the run lasts, their clients belong to the goroutine of stall.
func (l *Load) pauseSlow() {
	l.eachSlow(func(c *wsclient.Client) {
		if c.Pause() == nil { // if it is closed, OnClose has counted it
			l.stalls++
		}
	})
}

// resumeSlow lets the slow members read again. A member that the server has closed connects again.
func (l *Load) resumeSlow(ctx context.Context) {
	const notice = 2 * time.Second // a paused client does not notice that the server has closed it
	l.eachSlow(func(c *wsclient.Client) { _ = c.Resume() })
	if clock.Sleep(ctx, min(notice, (l.plan.StallEvery-l.plan.Stall)/2)) != nil {
		return
	}
	l.eachSlow(func(c *wsclient.Client) {
		if c.Resume() != nil {
			l.reconnect(ctx, c.Tag())
		}
	})
}

// eachSlow calls do with the client of each slow member of this process.
func (l *Load) eachSlow(do func(c *wsclient.Client)) {
	for tag := range l.plan.Members() {
		if c := l.clients[tag]; c != nil && l.recv.members[tag].slow {
			do(c)
		}
	}
}

// reconnect opens the connection of a slow member again. An error counts as a failed join.
func (l *Load) reconnect(ctx context.Context, tag int) {
	const within = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c, err := l.slow.Dial(ctx, l.url(tag), tag)
	if err = l.greet(tag, c, err); err != nil {
		l.joins.refuse(err)
	}
}
