package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/webhook"
)

// sendMany sends n events, one after every interval. It returns their channels.
func (r *receiver) sendMany(n int, every time.Duration) (channels []string) {
	for i := range n {
		channels = append(channels, fmt.Sprint("c", i))
		r.Send("1", occupied(channels[i]))
		time.Sleep(every)
	}
	return channels
}

func occupied(channel string) webhook.Event {
	return webhook.Event{At: time.Now().UnixMilli(), Name: webhook.ChannelOccupied, Channel: channel}
}

func (r *receiver) dropped(why webhook.Reason) int { return int(r.Stats().Dropped[why]) }

func TestARequestIsSignedAndHasTheEventsThatCameDuringTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		channels := r.sendMany(250, time.Millisecond)
		time.Sleep(10 * time.Second)
		assert.Equal(t, channels, r.channels(t))
		requests := r.answered()
		require.Len(t, requests, 4, "one event, then 100, 100 and 49")
		for _, q := range requests {
			assert.Equal(t, "key", q.header.Get("X-Pusher-Key"))
			mac := hmac.New(sha256.New, []byte("secret"))
			mac.Write(q.body)
			assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), q.header.Get("X-Pusher-Signature"))
			assert.Equal(t, "application/json", q.header.Get("Content-Type"))
		}
		began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() // of fake time
		assert.Equal(t, fmt.Sprintf(`{"time_ms":%d,"events":[{"name":"channel_occupied","channel":"c0"}]}`, began), string(requests[0].body))
		assert.EqualValues(t, 250, r.Stats().Counts[webhook.SentEvents])
		assert.Zero(t, r.Stats().Counts[webhook.QueuedEvents])
		assert.Zero(t, r.Stats().Counts[webhook.QueuedBytes])
	})
}

func TestARepeatedRequestHasTheSameBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, fails)
		r.sendMany(5, time.Second)
		r.set(false, takes)
		time.Sleep(time.Minute)
		requests := r.answered()
		require.Greater(t, len(requests), 3)
		for _, q := range requests[:len(requests)-1] {
			assert.Equal(t, requests[0].body, q.body)
		}
		assert.Equal(t, []string{"c0", "c1", "c2", "c3", "c4"}, r.channels(t))
	})
}

func TestAnEventIsDroppedIfTheReceiverFailsForFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, fails)
		r.Send("1", occupied("early"))
		time.Sleep(4 * time.Minute)
		assert.Zero(t, r.Stats().Dropped)
		r.Send("1", occupied("late"))
		time.Sleep(2 * time.Minute)
		assert.Equal(t, 1, r.dropped(webhook.Expired))
		r.set(false, takes)
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"late"}, r.channels(t))
	})
}

func TestAFullQueueDropsFurtherEventsAndSendDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(http.ResponseWriter, *http.Request) { time.Sleep(9 * time.Second) })
		began := time.Now()
		channels := r.sendMany(17_000, 0)
		assert.Zero(t, time.Since(began))
		kept := 17_000 - r.dropped(webhook.Full)
		assert.InDelta(t, 1<<14, kept, 1)
		big := webhook.Event{At: time.Now().UnixMilli(), Name: webhook.ClientEvent, Channel: "big", Data: []byte(`"` + strings.Repeat("x", 9<<20) + `"`)}
		r.Send("1", big)
		assert.Equal(t, 17_000-kept+1, r.dropped(webhook.Full))
		r.set(false, takes)
		time.Sleep(20 * time.Second)
		assert.Equal(t, channels[:kept], r.channels(t))
		r.Send("1", big)
		assert.Equal(t, 17_000-kept+2, r.dropped(webhook.Full), "larger than the bound in bytes")
	})
}

func TestAReceiverThatDoesNotAnswerIsAskedAgainAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
		r.Send("1", occupied("a"))
		time.Sleep(10*time.Second + time.Millisecond)
		assert.EqualValues(t, 1, r.Stats().Counts[webhook.FailedRequests])
		r.set(false, takes)
		time.Sleep(time.Second)
		assert.EqualValues(t, 1, r.Stats().Counts[webhook.SentEvents])
	})
}

func TestARedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://other.test/", http.StatusTemporaryRedirect)
		})
		r.Send("1", occupied("a"))
		time.Sleep(500 * time.Millisecond)
		require.Len(t, r.answered(), 1)
		assert.EqualValues(t, 1, r.Stats().Counts[webhook.FailedRequests])
	})
}

func TestOnlyTheBeginningOfAnAnswerIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		written := make(chan int, 1)
		r.set(false, func(w http.ResponseWriter, _ *http.Request) {
			n := 0
			for range 10_000 {
				k, err := io.WriteString(w, strings.Repeat("x", 1024))
				if n += k; err != nil {
					break
				}
			}
			written <- n
		})
		r.Send("1", occupied("a"))
		assert.Less(t, <-written, 1<<20)
		synctest.Wait()
		assert.EqualValues(t, 1, r.Stats().Counts[webhook.SentEvents])
	})
}

func TestAFailingReceiverDelaysNoOtherApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := appHook("1")
		bad.URL = "http://bad.test/"
		good := appHook("2")
		r := newReceiver(t, bad, good)
		r.set(false, func(w http.ResponseWriter, q *http.Request) {
			if q.Host == "bad.test" {
				fails(w, q)
			}
		})
		for range 10 {
			r.Send("1", occupied("bad"))
			r.Send("2", occupied("good"))
		}
		time.Sleep(100 * time.Millisecond)
		assert.Len(t, r.channels(t), 10)
	})
}

func TestAHookGetsOnlyTheEventsOfItsSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, some := appHook("1"), appHook("1")
		some.URL, some.Events = "http://some.test/", []string{webhook.ChannelVacated}
		native := webhook.Hook{URL: "http://native.test/", Secret: "s", Events: webhook.RoomEvents}
		r := newReceiver(t, all, some, native)
		assert.True(t, r.Wants("1", webhook.ChannelOccupied))
		assert.False(t, r.Wants("2", webhook.ChannelOccupied))
		assert.False(t, r.Wants("", webhook.ChannelOccupied))
		r.Send("1", occupied("a"))
		r.Send("2", occupied("b"))
		r.Send("", webhook.Event{Name: webhook.RoomOccupied, At: time.Now().UnixMilli(), Room: "lobby"})
		synctest.Wait()
		requests := r.answered()
		require.Len(t, requests, 2)
		for _, q := range requests {
			if e := q.events(t)[0]; e.Room != "" {
				assert.Empty(t, q.header.Get("X-Pusher-Key"))
				assert.Len(t, q.header.Get("X-Plenum-Signature"), 64)
			}
		}
	})
}

func TestAReloadKeepsTheQueueOfAHookAndDropsThatOfARemovedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stays, goes := appHook("1"), appHook("2")
		r := newReceiver(t, stays, goes)
		r.set(false, fails)
		for range 5 {
			r.Send("1", occupied("kept"))
			r.Send("2", occupied("lost"))
		}
		synctest.Wait()
		stays.Secret = "new"
		r.SetHooks([]webhook.Hook{stays})
		synctest.Wait()
		assert.Equal(t, 5, r.dropped(webhook.Removed))
		assert.EqualValues(t, 1, r.Stats().Counts[webhook.FailingHooks])
		r.Send("2", occupied("unwanted"))
		r.set(false, takes)
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"kept", "kept", "kept", "kept", "kept"}, r.channels(t))
		mac := hmac.New(sha256.New, []byte("new"))
		last := r.answered()[len(r.answered())-1]
		mac.Write(last.body)
		assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), last.header.Get("X-Pusher-Signature"))
		assert.Zero(t, r.Stats().Counts[webhook.QueuedEvents])
	})
}

func TestShutdownSendsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		channels := r.sendMany(250, 0)
		r.Shutdown(t.Context())
		assert.Equal(t, channels, r.channels(t))
		r.Send("1", occupied("too late"))
		assert.Equal(t, 1, r.dropped(webhook.Stopped))
	})
}

func TestShutdownTriesAFailingReceiverOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, fails)
		r.sendMany(250, 0)
		time.Sleep(20 * time.Second)
		before := len(r.answered())
		began := time.Now()
		r.Shutdown(t.Context())
		assert.Zero(t, time.Since(began))
		assert.Len(t, r.answered(), before+1)
		assert.Equal(t, 250, r.dropped(webhook.Stopped))
	})
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, appHook("1"))
		r.set(false, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
		r.sendMany(3, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		r.Shutdown(ctx)
		assert.Equal(t, 2*time.Second, time.Since(began))
		assert.Equal(t, 3, r.dropped(webhook.Stopped))
	})
}
