package channels

import (
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/memberships"
	"plenum/codec/frame"
	"plenum/codec/pusher"
	"plenum/engine"
	"plenum/rooms"
)

// The allocator has a size class of 208 bytes. It includes the engine.Conn.
func TestTheStateOfAConnectionFitsItsSizeClass(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(session{}), uintptr(208))
	assert.Equal(t, unsafe.Sizeof(uintptr(0)), unsafe.Sizeof(plainSink{}), "an interface holds a pointer without further memory")
}

func TestASocketIDFindsItsOpenSession(t *testing.T) {
	table := NewSessions()
	all := make([]session, 200)
	var adding sync.WaitGroup
	for i := range all {
		all[i].hosted = &hosted{channels: &Channels{cfg: Config{Sessions: table}}}
		adding.Go(func() { table.add(&all[i]) })
	}
	adding.Wait()
	seen := map[string]bool{}
	for i := range all {
		id := all[i].socketID()
		require.True(t, pusher.ValidSocketID(id))
		require.False(t, seen[id])
		seen[id] = true
		require.Same(t, &all[i], table.find([]byte(id)))
	}
	found := 0
	table.each(func(*session) { found++ })
	require.Equal(t, len(all), found)
	table.remove(&all[0])
	for _, id := range []string{all[0].socketID(), "1.2", "", "x", string(pusher.AppendSocketID(nil, table.node, 201))} {
		require.Nil(t, table.find([]byte(id)), id)
	}
	require.Nil(t, table.find([]byte(string(pusher.AppendSocketID(nil, table.node+1, all[1].number)))), "of another node")
}

// discard is a sink that accepts and discards all frames.
type discard struct{}

func (discard) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (discard) Close(int, string) error           { return nil }
func (discard) Name() string                      { return "" }

// joined is the answer to a join that must succeed.
type joined struct{ t *testing.T }

func (joined) Joined(*rooms.Member, rooms.Position) bool { return true }
func (j joined) Refused(err error)                       { require.NoError(j.t, err) }

// Exclusion is decided for each message of a channel.
func TestTheExcludedMemberIsFoundWithoutAllocation(t *testing.T) {
	m := &session{hosted: &hosted{channels: New(Config{Sessions: NewSessions(), Rooms: rooms.New(rooms.Config{AnnounceLimit: -1})})}}
	sessions := m.channels.cfg.Sessions
	sessions.add(m)
	for _, room := range []string{"7/a", "8/a"} {
		m.rooms.Join(&m.channels.host, memberships.Join{Room: room, Sink: discard{}, Answer: joined{t}, Max: 2})
	}
	body := pusher.AppendEvent(nil, m.socketID(), "e", "a", "{}")
	require.Same(t, m.rooms.In("7/a"), sessions.Excluded("7/a", body))
	require.NotNil(t, sessions.Excluded("7/a", body))
	require.Nil(t, sessions.Excluded("7/b", body))
	require.Nil(t, sessions.Excluded("7/a", pusher.AppendEvent(nil, "", "e", "a", "{}")))
	assert.Zero(t, testing.AllocsPerRun(100, func() { sessions.Excluded("8/a", body) }))
}

func TestASecondHasAsManyClientEventsAsAllowed(t *testing.T) {
	var c eventClock
	now := time.Now().UnixMilli()
	for i := range 12 {
		assert.Equal(t, i < 10, c.allows(now+int64(i), 10), i)
	}
	assert.False(t, c.allows(now+999, 10))
	assert.True(t, c.allows(now+1000, 10))
	assert.True(t, c.allows(now, 10), "the clock was set back")
	for range 1000 {
		assert.True(t, c.allows(now, 0))
	}
}

func TestTheCodesOfTheEngineAreTranslated(t *testing.T) {
	silent := engine.Refusals[engine.Silent]
	for _, tc := range []struct {
		status       engine.CloseStatus
		alone, among int
	}{
		{engine.CloseStatus{Code: frame.CloseTryAgain, Reason: "Too slow"}, 4100, 4100},
		{engine.CloseStatus{Code: frame.CloseRestart}, 4100, 4200},
		{engine.CloseStatus{Code: frame.CloseGoingAway}, 4100, 4100},
		{engine.CloseStatus{Code: silent.Code, Reason: silent.Text}, 4201, 4201},
		{engine.CloseStatus{Code: frame.CloseInternal, Reason: "Internal error"}, 1011, 1011},
		{engine.CloseStatus{Code: frame.ClosePolicy, Reason: "Rate limit"}, 4100, 4100},
		{engine.CloseStatus{Code: frame.CloseTooBig}, 1009, 1009},
		{engine.CloseStatus{Code: 4009}, 4009, 4009},
	} {
		assert.Equal(t, tc.alone, translate(tc.status, false).Code, tc.status)
		assert.Equal(t, tc.among, translate(tc.status, true).Code, tc.status)
	}
}
