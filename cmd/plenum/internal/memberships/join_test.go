package memberships_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/memberships"
	"plenum/rooms"
)

// sink discards all frames.
type sink struct{}

func (sink) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (sink) Close(int, string) error           { return nil }
func (sink) Name() string                      { return "Alex" }

// asking is an Answer that asks for the member as soon as the client could have sent its next command.
type asking struct {
	set   *memberships.Set
	found chan *rooms.Member
}

func (a asking) Joined(*rooms.Member, rooms.Position) bool {
	asks := make(chan struct{})
	go func() {
		close(asks)
		a.found <- a.set.In("a")
	}()
	<-asks
	for range 1000 { // so that In could return before the join is over
		runtime.Gosched()
	}
	return true
}

func (a asking) Refused(error) {}

func TestACommandThatFollowsTheAnswerFindsTheRoom(t *testing.T) {
	hub := rooms.New(rooms.Config{AnnounceLimit: -1})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		defer close(served)
		hub.Serve(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-served
	})
	var set memberships.Set
	a := asking{&set, make(chan *rooms.Member)}
	set.Join(&memberships.Host{Hub: hub}, memberships.Join{Room: "a", Sink: sink{}, Answer: a, Max: 1})
	require.NotNil(t, <-a.found)
	set.Close(0)
}
