package rooms

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is the members of some rooms, for the benchmarks of scale. A single room is published to from outside, and the
// workers flush it. Several rooms have a sender each, and are published to by as many goroutines as there are processors,
// which flush as an engine's pollers do.
type crowd struct {
	hub   *Hub
	body  []byte
	spins bool

	names   []string
	sizes   []int
	order   []int32 // the rooms in the order in which they are published to
	roomOf  []int32 // by seat. A single room is filled in the order of its seats; others are mixed
	seats   []null
	senders []sender // by room; empty for a single room
	leavers []int32  // seats of some members, at random

	pollers   []*turns
	next      atomic.Int64  // number of elements of order that the pollers have taken
	unheard   atomic.Int64  // reports that are missing in this pass
	reports   int64         // per pass
	heard     chan struct{} // a pass is over
	passes    int64
	bytesEach float64 // memory per member
}

// reportEvery is how many members of a large room have one reporter among them. A pass ends with the last report, so up to
// about this number of deliveries may still be missing.
const reportEvery = 1024

// mostLeavers is about how many members leave and join again.
const mostLeavers = 100_000

func newCrowd(b *testing.B, sizes []int, spins bool) *crowd {
	c := &crowd{sizes: sizes, spins: spins, body: body(b, strings.Repeat("x", 100)), heard: make(chan struct{}, 1)}
	random := rand.New(rand.NewPCG(1, 2))
	for r, n := range sizes {
		c.names, c.order = append(c.names, fmt.Sprintf("room-%08d", r)), append(c.order, int32(r))
		for range n {
			c.roomOf = append(c.roomOf, int32(r))
		}
	}
	c.seats = make([]null, len(c.roomOf))
	if len(sizes) > 1 {
		random.Shuffle(len(c.order), func(i, j int) { c.order[i], c.order[j] = c.order[j], c.order[i] })
		random.Shuffle(len(c.roomOf), func(i, j int) { c.roomOf[i], c.roomOf[j] = c.roomOf[j], c.roomOf[i] })
		c.senders = make([]sender, len(sizes))
	}
	for number := range runtime.GOMAXPROCS(0) {
		c.pollers = append(c.pollers, &turns{number: number})
	}
	c.fill(random)
	return c
}

// fill lets all members join, and measures their memory.
func (c *crowd) fill(random *rand.Rand) {
	share := max(10, c.members()/mostLeavers) // one of share members leaves later
	joined, leavers := make([]int32, len(c.sizes)), make([]int32, 0, 2*c.members()/share)
	before := liveHeap()
	c.hub = New(Config{AnnounceLimit: -1})
	for seat, r := range c.roomOf {
		k, size := int(joined[r]), c.sizes[r]
		joined[r]++
		switch {
		case k == 0 && c.senders != nil:
			s := &c.senders[r]
			s.spins = c.spins
			c.joinAs(&s.member, r, s)
		case size > segmentSize && (k%reportEvery == reportEvery-1 || k == size-1):
			s := &reporter{of: c}
			c.reports++
			c.joinAs(&s.member, r, s)
		default:
			c.join(int32(seat))
			if random.IntN(share) == 0 {
				leavers = append(leavers, int32(seat))
			}
		}
	}
	c.leavers = leavers
	random.Shuffle(len(leavers), func(i, j int) { leavers[i], leavers[j] = leavers[j], leavers[i] })
	c.bytesEach = float64(liveHeap()-before)/float64(c.members()) + float64(memberBytes)
	runtime.KeepAlive(joined)
}

// liveHeap returns the bytes of all reachable objects.
func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (c *crowd) members() int { return len(c.roomOf) }

func (c *crowd) memberAt(seat int32) *Member { return &c.seats[seat].member }

// join lets the member at a seat that is neither a sender's nor a reporter's join its room.
func (c *crowd) join(seat int32) {
	s := &c.seats[seat]
	if c.spins {
		c.joinAs(&s.member, c.roomOf[seat], (*spinning)(s))
		return
	}
	c.joinAs(&s.member, c.roomOf[seat], s)
}

func (c *crowd) joinAs(m *Member, room int32, s Sink) {
	if err := c.hub.Join(m, c.names[room], s, 1); err != nil {
		panic(err)
	}
}

// serve runs the hub until stop is called.
func (c *crowd) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { c.hub.Serve(ctx) })
	return func() { cancel(); running.Wait() }
}

// pass publishes one message to each room and waits until it is delivered.
func (c *crowd) pass() {
	c.passes++
	c.unheard.Store(c.reports)
	c.next.Store(0)
	var running sync.WaitGroup
	switch {
	case c.senders == nil:
		c.pollers[0].publishOutside(c)
	default:
		for _, p := range c.pollers {
			running.Go(func() { p.publish(c) })
		}
	}
	running.Wait()
	if c.reports > 0 {
		<-c.heard
	}
}

// awaitDeliveries waits until each message of all passes is delivered to each member, and fails if there are more or fewer
// deliveries.
func (c *crowd) awaitDeliveries(b *testing.B) {
	got, want := int64(0), c.passes*int64(c.members())
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if got = c.hub.Stats().Counts[Deliveries]; got == want {
			return
		}
	}
	b.Fatalf("%d deliveries, want %d", got, want)
}

// publishTimes returns the measured times of calls of Publish.
func (c *crowd) publishTimes() (times []time.Duration) {
	for _, p := range c.pollers {
		times = append(times, p.took...)
	}
	return times
}
