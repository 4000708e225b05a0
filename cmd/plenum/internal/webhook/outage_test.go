package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/webhook"
)

// silent does not answer until the Sender gives the request up.
func silent(w http.ResponseWriter, q *http.Request) {
	<-q.Context().Done()
	w.WriteHeader(http.StatusServiceUnavailable)
}

// slow takes events, after nearly the whole time that a request may take.
func slow(http.ResponseWriter, *http.Request) { time.Sleep(9 * time.Second) }

// recovery is the longest time until the queue is sent, after the receiver takes events again: a request on its way, and the
// longest wait.
const recovery = 10*time.Second + 30*time.Second + time.Second

func TestEventsArriveInOrderAfterAnOutageOfFourMinutes(t *testing.T) {
	for name, outage := range map[string]struct {
		down   bool
		answer http.HandlerFunc
	}{"down": {true, nil}, "500": {false, fails}, "no answer": {false, silent}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t, appHook("1"))
				r.set(outage.down, outage.answer)
				channels := r.sendMany(4*60*5, 200*time.Millisecond)
				assert.EqualValues(t, 1, r.Stats().Counts[webhook.FailingHooks])
				assert.Less(t, r.Stats().Counts[webhook.FailedRequests], int64(20), "the waits grow")
				r.set(false, takes)
				time.Sleep(recovery)
				assert.Equal(t, channels, r.channels(t))
				assert.Zero(t, r.Stats().Counts[webhook.FailingHooks])
				assert.Zero(t, r.Stats().Counts[webhook.QueuedBytes])
				assert.Zero(t, r.Stats().Dropped)
			})
		})
	}
}

func TestASlowReceiverGetsAllEventsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, slow)
		channels := r.sendMany(4*60*10, 100*time.Millisecond)
		time.Sleep(time.Minute)
		assert.Equal(t, channels, r.channels(t))
		assert.Zero(t, r.Stats().Counts[webhook.FailedRequests])
		assert.Zero(t, r.Stats().Dropped)
	})
}

// During an outage the queue keeps the events that came first. The later ones are dropped, each is counted, and the order of
// the others stays.
func TestAnOutageDropsOnlyWhatTheQueueHasNoRoomFor(t *testing.T) {
	const perSecond, seconds = 100, 4 * 60
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(true, nil)
		channels := r.sendMany(perSecond*seconds, time.Second/perSecond)
		kept := len(channels) - r.dropped(webhook.Full)
		assert.Equal(t, 1<<14, kept)
		assert.EqualValues(t, kept, r.Stats().Counts[webhook.QueuedEvents])
		r.set(false, takes)
		time.Sleep(recovery)
		r.Send("1", occupied("after"))
		synctest.Wait()
		assert.Equal(t, append(channels[:kept:kept], "after"), r.channels(t))
		assert.Zero(t, r.dropped(webhook.Expired))
		assert.Equal(t, len(channels)-kept, r.dropped(webhook.Full))
	})
}

func TestAnOutageKeepsEightMebibytesOfLargeEvents(t *testing.T) {
	const size, events = 4 << 10, 4_000
	data := []byte(`"` + strings.Repeat("x", size) + `"`)
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, fails)
		for range events {
			r.Send("1", webhook.Event{At: time.Now().UnixMilli(), Name: webhook.ClientEvent, Channel: "private-a", Data: data})
		}
		kept := events - r.dropped(webhook.Full)
		assert.InDelta(t, 8<<20/(size+256), kept, 100)
		assert.LessOrEqual(t, r.Stats().Counts[webhook.QueuedBytes], int64(8<<20))
		r.set(false, takes)
		time.Sleep(recovery)
		assert.EqualValues(t, kept, r.Stats().Counts[webhook.SentEvents])
		assert.Zero(t, r.Stats().Counts[webhook.QueuedBytes])
	})
}

// If a slow receiver gets more events than it takes, the oldest ones that are younger than five minutes are sent, in order. The
// others are dropped, and counted by reason.
func TestAnOverloadedReceiverGetsEventsInOrderAndTheOthersAreCounted(t *testing.T) {
	const perSecond, seconds = 100, 10 * 60
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, slow)
		channels := r.sendMany(perSecond*seconds, time.Second/perSecond)
		time.Sleep(10 * time.Minute)
		taken := r.channels(t)
		position := map[string]int{}
		for i, channel := range channels {
			position[channel] = i
		}
		for i := 1; i < len(taken); i++ {
			assert.Less(t, position[taken[i-1]], position[taken[i]])
		}
		full, expired := r.dropped(webhook.Full), r.dropped(webhook.Expired)
		assert.Positive(t, full)
		assert.Positive(t, expired)
		assert.Equal(t, len(channels), len(taken)+full+expired)
	})
}
