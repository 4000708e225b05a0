package memberships

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/rooms"
)

// discard is a sink that accepts and discards all frames.
type discard struct{}

func (discard) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (discard) Close(int, string) error           { return nil }
func (discard) Name() string                      { return "discard" }

func TestMembershipsAreTheRoomsJoinedAndNotLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hub := rooms.New(rooms.Config{AnnounceLimit: -1})
		var s slots
		want := map[string]*rooms.Member{}
		seen := map[*rooms.Member]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			room := fmt.Sprint("room", rapid.IntRange(0, 9).Draw(t, "room"))
			m := s.in(room)
			require.Equal(t, want[room], m)
			if m != nil {
				s.remove(m)
				m.Leave(1)
				delete(want, room)
				continue
			}
			m = s.add()
			if rapid.IntRange(0, 9).Draw(t, "fails") == 0 {
				s.giveBack(m) // as if there were too many rooms
				continue
			}
			require.False(t, seen[m], "a slot must not be used again")
			seen[m] = true
			require.Nil(t, s.inOrEntering(room))
			require.NoError(t, hub.Join(m, room, discard{}, 1))
			require.Nil(t, s.in(room))
			require.Same(t, m, s.inOrEntering(room))
			s.take(m)
			require.Same(t, m, s.inOrEntering(room))
			want[room] = m
		}
		all := map[string]*rooms.Member{}
		for m := range s.all() {
			all[m.Room()] = m
		}
		require.Equal(t, want, all)
		require.Equal(t, len(want), int(s.count))
		if s.more != nil {
			require.LessOrEqual(t, len(s.more.blocks), len(want))
		}
		s.clear()
		require.Zero(t, s.count)
		for range s.all() {
			require.Fail(t, "a member is left")
		}
	})
}
