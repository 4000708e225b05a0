package bench

import (
	"context"
	"fmt"

	"plenum/bench/drive"
	"plenum/bench/load"
	"plenum/bench/speak"
)

// Many is a load of connections in many rooms. The members of a group share Each rooms. One member of
// each group publishes one message to each of them, all in one write.
type Many struct {
	Traffic `embed:""`
	Rooms   int     `json:"rooms" default:"${rooms}" help:"Number of rooms, 1 or more."`
	Members int     `json:"members" default:"${members}" help:"Members per room, 1 or more."`
	Each    int     `json:"rooms_per_member" name:"rooms-per-member" default:"20" help:"Rooms of each connection, 1 or more. That number of rooms has the same members, and one member publishes to all of these rooms at once. --rooms must be a multiple of it."`
	Rate    float64 `json:"rate" default:"${rate}" help:"Messages per second in each room, more than 0."`
}

// groups returns the number of groups.
func (m *Many) groups() int { return m.Rooms / m.Each }

func (m *Many) plan() *load.Plan {
	sizes := make([]int, m.groups())
	for i := range sizes {
		sizes[i] = m.Members
	}
	p := m.Traffic.plan(sizes, 1, m.Rooms, m.Rate)
	p.Shared = m.Each
	return p
}

// Validate implements [Scenario].
func (m *Many) Validate() error {
	err := broken(
		rule{"rooms", m.Rooms > 0 && m.Rooms <= mostRooms, roomBounds, m.Rooms},
		rule{"members", m.Members > 0 && m.Members <= load.MaxMembers/max(1, m.Rooms), "1 or more, in all rooms together " + memberBounds, m.Members},
		rule{"rooms-per-member", m.Each > 0 && m.Rooms%max(1, m.Each) == 0, fmt.Sprintf("a divisor of --rooms, which is %d", m.Rooms), m.Each},
		rule{"speak", m.Speak != speak.Raw, "a protocol whose clients join rooms by messages", m.Speak},
		m.steady(m.Rate),
	)
	if err == nil {
		err = m.Traffic.check()
	}
	if err != nil {
		return err
	}
	return m.plan().Check()
}

// Run implements [Scenario].
func (m *Many) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	return m.run(ctx, d, m.plan(), "many", m)
}
