package memberships

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/rooms"
)

// refusals records the errors of joins by room.
type refusals map[string]error

type recorded struct {
	refusals
	room string
}

func (r recorded) Joined(*rooms.Member, rooms.Position) bool { panic("not joined in this test") }
func (r recorded) Refused(err error)                         { r.refusals[r.room] = err }

func TestLeaveAllRefusesThePendingJoinsOfItsRoomsAndKeepsTheOthers(t *testing.T) {
	var s Set
	got, why := refusals{}, errors.New("not allowed")
	s.pending = &pendingJoins{}
	for _, room := range []string{"a", "b", "c"} {
		s.pending.all = append(s.pending.all, &pendingJoin{Join: Join{Room: room, Answer: recorded{got, room}}})
	}
	done := 0
	s.LeaveAll(&Host{}, why, 1, nil, func(room string) bool { return room != "b" }, func(room string) { t.Error("left " + room) }, func() { done++ })
	assert.Equal(t, refusals{"a": why, "c": why}, got)
	assert.Equal(t, 1, s.pending.len())
	assert.NotNil(t, s.pending.of("b"))
	assert.Equal(t, 1, done)
	new(Set).LeaveAll(&Host{}, why, 1, nil, func(string) bool { return true }, nil, func() { done++ })
	assert.Equal(t, 2, done, "also if nothing was ever joined")
}
