package bench

import (
	"context"
	"time"

	"plenum/bench/drive"
	"plenum/bench/load"
)

// Many is a load of connections in many rooms. The members of a group share rooms. One member of
// each group publishes one message to each of them, all in one write.
type Many struct {
	Traffic `embed:""`
	Groups  int      `json:"groups" default:"100" help:"Groups of connections, 1 or more."`
	Members int      `json:"members" default:"20" help:"Connections per group, 1 or more."`
	Rooms   int      `json:"rooms" default:"20" help:"Rooms that the connections of a group share, 1 or more."`
	Every   Duration `json:"every" default:"500ms" help:"Time after which a member of each group publishes to all rooms of the group again, more than 0s."`
}

func (m *Many) plan() *load.Plan {
	sizes := make([]int, m.Groups)
	for i := range sizes {
		sizes[i] = m.Members
	}
	p := m.Traffic.plan(sizes, 1, float64(m.Groups*m.Rooms)/time.Duration(m.Every).Seconds())
	p.Shared = m.Rooms
	return p
}

// Validate implements [Scenario].
func (m *Many) Validate() error {
	err := broken(
		rule{"groups", m.Groups > 0 && m.Groups <= mostRooms, roomBounds, m.Groups},
		rule{"members", m.Members > 0 && m.Members <= load.MaxMembers/max(1, m.Groups), "1 or more, in all groups together " + memberBounds, m.Members},
		rule{"rooms", m.Rooms > 0 && m.Rooms <= load.MaxMembers/max(1, m.Groups*m.Members), "1 or more, and the members of all rooms together " + memberBounds, m.Rooms},
		rule{"every", m.Every > 0, "more than 0s", time.Duration(m.Every)},
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
