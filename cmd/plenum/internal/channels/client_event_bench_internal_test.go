package channels

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/memberships"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec/frame"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// subscribed returns the sessions of n subscribers of a channel. Their frames are discarded.
func subscribed(t testing.TB, n int, channel string) []*session {
	registry := new(apps.Registry)
	registry.Apply([]apps.Config{{ID: "1", Key: "key", Secret: "secret-1", ClientEvents: true, Limits: apps.Limits{Channels: 1, Payload: 64 << 10}}})
	sessions := NewSessions()
	hub := rooms.New(rooms.Config{
		Frame: pusher.AppendFrame, Overhead: pusher.FrameOverhead, Excluded: sessions.Excluded, Keeps: Keeps, AnnounceLimit: -1,
	})
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { hub.Serve(ctx) })
	t.Cleanup(func() {
		cancel()
		serving.Wait()
	})
	c := New(Config{Apps: registry, Sessions: sessions, Rooms: hub, Webhooks: webhook.New(webhook.Config{})})
	all := make([]*session, n)
	for i := range all {
		m := &session{hosted: c.hosted(registry.ByKey("key")), activity: noActivity}
		sessions.add(m)
		answer := &admitted{}
		m.rooms.Join(&c.host, memberships.Join{Room: pusher.RoomOf(m.app.ID(), channel), Sink: discard{}, Answer: answer, Max: 1})
		require.NoError(t, answer.err)
		all[i] = m
	}
	return all
}

// admitted is the answer to a join.
type admitted struct{ err error }

func (*admitted) Joined(*rooms.Member, rooms.Position) bool { return true }
func (a *admitted) Refused(err error)                       { a.err = err }

// BenchmarkClientEvent handles a client event, without its read from the socket and without the writes to the subscribers.
func BenchmarkClientEvent(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run("subscribers="+strconv.Itoa(n), func(b *testing.B) {
			m := subscribed(b, n, "private-a")[0]
			event := []byte(`{"event":"client-message","channel":"private-a","data":"` + strings.Repeat("x", 128) + `"}`)
			b.ReportAllocs()
			for b.Loop() {
				m.OnMessage(&m.Conn, frame.Text, event)
			}
		})
	}
}
