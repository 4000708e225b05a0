package rooms

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"plenum/rooms/internal/queue"
)

// The step of the delay, and the longest delay, of package queue.
const (
	step     = 300 * time.Microsecond
	maxDelay = 20 * time.Millisecond
)

func paced(workers int, delay time.Duration) queue.Pacing {
	return queue.Pacing{Workers: workers, Delay: delay}
}

func TestPacingFollowsTheIdleShareOfTheMachine(t *testing.T) {
	for name, c := range map[string]struct {
		idle []float64 // per period; negative: unknown
		want []queue.Pacing
	}{
		"busy, then idle": {
			[]float64{0, 1, 1, 1, 1, 1, 0, 0},
			[]queue.Pacing{queue.Slowest, paced(1, 3*step), paced(1, 2*step), paced(1, step), paced(1, 0), paced(2, 0), paced(1, 0), queue.Slowest},
		},
		"never busy":    {[]float64{0.1, 0.1, 0.5}, []queue.Pacing{paced(1, 0), paced(1, 0), paced(2, 0)}},
		"not known":     {[]float64{-1, -1}, []queue.Pacing{paced(2, 0), paced(2, 0)}},
		"known at last": {[]float64{-1, 0}, []queue.Pacing{paced(2, 0), paced(1, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				idle := 0.5
				h := New(Config{Workers: 2, AnnounceLimit: -1, Idle: func() (float64, bool) { return idle, idle >= 0 }})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); h.Serve(ctx) }()
				defer func() { stop(); <-done }()
				member := join(h, "general", "Ada")
				now := func() queue.Pacing {
					synctest.Wait()
					return h.queue.Pacing()
				}
				assert.Equal(t, queue.Slowest, now(), "at first")
				for i := range c.idle {
					idle = c.idle[i]
					member.member.Publish(body(t, "a message"), clock(), nil)
					time.Sleep(queue.Period) // fake time
					assert.Equal(t, c.want[i], now(), "period %d", i)
				}
				idle = 0
				time.Sleep(10 * queue.Period)
				assert.Equal(t, c.want[len(c.want)-1], now(), "nothing was written")
			})
		})
	}
}

// The backlog of a busy room would grow while it is delayed.
func TestASegmentWithAFullChunkToWriteIsNotDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{Workers: 1, AnnounceLimit: -1})
		h.queue.SetPacing(queue.Pacing{Workers: 1, Delay: maxDelay})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Serve(ctx) }()
		defer func() { stop(); <-done }()
		members := joinMany(h, "general", 100)
		time.Sleep(time.Second) // fake time
		const messages = 50     // about twelve chunks
		for range messages {
			members[0].member.Publish(body(t, string(make([]byte, 20_000))), clock(), nil)
		}
		time.Sleep(2 * maxDelay)
		synctest.Wait()
		assert.Len(t, members[99].seqs(t), messages)
	})
}
