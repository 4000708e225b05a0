package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"plenum/bench/drive"
	"plenum/bench/load"
)

// Churn is a Fan in which members leave and are replaced during the whole run. Senders never
// leave. A member that stays from the first message to the last must receive all messages of
// its room. A member that joins or leaves must receive all messages in between; after its
// upgrade it has 2 s to be in its room.
type Churn struct {
	Fan    `embed:""`
	Leaves float64 `json:"leaves" default:"${leaves}" help:"Members that leave and are replaced per second, in all rooms together, more than 0; for zipf also 0."`
}

func (c *Churn) plan() *load.Plan {
	p := c.Fan.plan()
	p.Churn = c.Leaves
	return p
}

// Validate implements [Scenario].
func (c *Churn) Validate() error {
	if err := broken(rule{"leaves", c.Leaves > 0, "more than 0", c.Leaves}); err != nil {
		return err
	}
	if err := c.Fan.Validate(); err != nil {
		return err
	}
	return c.plan().Check()
}

// Run implements [Scenario].
func (c *Churn) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	return c.run(ctx, d, c.plan(), "churn", c)
}

// Zipf is a load of rooms whose sizes follow Zipf's law: room n has 1/n^Exponent of the members
// of the first room. Members leave and are replaced during the run as in [Churn].
type Zipf struct {
	Traffic     `embed:""`
	Rooms       int     `json:"rooms" default:"${rooms}" help:"Number of rooms, 1 or more."`
	Connections int     `json:"connections" default:"10000" help:"Connections of all rooms together, at least one per room, or two if the sender receives no copy."`
	Exponent    float64 `json:"exponent" default:"1" help:"Zipf exponent of the rooms' sizes, 0 (all equal) to 4: room n has 1/n^exponent of the members of room 1."`
	Rate        float64 `json:"rate" default:"${rate}" help:"Messages per second in each room, more than 0."`
	Leaves      float64 `json:"leaves" default:"${leaves}" help:"Members that leave and are replaced per second, in all rooms together, more than 0; for zipf also 0."`
}

// zipfSizes shares n members among rooms. Each room has this number of members at least; the others are shared by
// Zipf's law and rounded, so that the sum is n.
func zipfSizes(n, rooms, least int, exponent float64) []int {
	weights, total := make([]float64, rooms), 0.0
	for i := range weights {
		weights[i] = math.Pow(float64(i+1), -exponent)
		total += weights[i]
	}
	sizes := make([]int, rooms)
	shared, given := 0.0, 0
	for i, w := range weights {
		shared += w / total * float64(n-least*rooms)
		more := int(math.Round(shared)) - given
		given += more
		sizes[i] = least + more
	}
	return sizes
}

// least returns the number of members of the smallest rooms: two, if a sender alone would have nobody to receive its messages.
func (z *Zipf) least() int {
	if z.noSelf() {
		return 2
	}
	return 1
}

func (z *Zipf) plan() *load.Plan {
	sizes := zipfSizes(z.Connections, z.Rooms, z.least(), z.Exponent)
	// Messages go to the rooms in turn. In the order of their sizes, all messages of the large
	// rooms would come at once, so the order is shuffled. The seed is the same in each run.
	order := rand.New(rand.NewPCG(1, 2))
	order.Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
	p := z.Traffic.plan(sizes, 1, z.Rooms, z.Rate)
	p.Churn = z.Leaves
	return p
}

// Validate implements [Scenario].
func (z *Zipf) Validate() error {
	err := broken(
		rule{"rooms", z.Rooms > 0 && z.Rooms <= mostRooms, roomBounds, z.Rooms},
		rule{"connections", z.Connections/max(1, z.Rooms) >= z.least() && z.Connections <= load.MaxMembers, fmt.Sprintf("at least %d per room, %s", z.least(), memberBounds), z.Connections},
		rule{"exponent", z.Exponent >= 0 && z.Exponent <= 4, "0 to 4", z.Exponent},
		z.steady(z.Rate),
		rule{"leaves", z.Leaves >= 0, "0 or more", z.Leaves},
	)
	if err == nil {
		err = z.Traffic.check()
	}
	if err != nil {
		return err
	}
	return z.plan().Check()
}

// Run implements [Scenario].
func (z *Zipf) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	return z.run(ctx, d, z.plan(), "zipf", z)
}
