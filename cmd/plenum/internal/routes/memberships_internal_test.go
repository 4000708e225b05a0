package routes

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/rooms"
)

// nobody is a sink that takes everything.
type nobody struct{}

func (nobody) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (nobody) Close(int, string) error           { return nil }
func (nobody) Name() string                      { return "nobody" }

func TestMembershipsAreThoseJoinedAndNotLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hub := rooms.New(rooms.Config{AnnounceLimit: -1})
		var s memberships
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
				s.giveBack() // as where there are too many rooms
				continue
			}
			require.False(t, seen[m], "a slot used again")
			seen[m] = true
			require.NoError(t, hub.Join(m, room, nobody{}, 1))
			s.take()
			want[room] = m
		}
		all := map[string]*rooms.Member{}
		for m := range s.all() {
			all[m.Room()] = m
		}
		require.Equal(t, want, all)
		require.Equal(t, len(want), int(s.count))
		require.LessOrEqual(t, len(s.blocks), len(want))
	})
}
