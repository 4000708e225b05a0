package bench

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
	"plenum/bench/speak"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// newcomers are the users of a presence scenario.
type newcomers struct {
	options *Presence
	group   *group
	target  load.Target // speaks the Pusher Channels protocol
	all     []newcomer
	latency []*latency.Recorder // by loop, which is the writer until the group has stopped
	ramps   []load.Ramp         // of the subscriptions, if there are stages
	stages  []upgradeStages     // by loop; owned by the loop until the group has stopped

	// atomic
	start      atomic.Int64  // when the first user subscribes, Monotonic
	subscribed atomic.Uint64 // subscriptions sent
	ready      atomic.Uint64 // users whose socket id is known
	lists      atomic.Uint64 // lists received
	damaged    atomic.Uint64 // of these, without their own user, or not complete
	last       atomic.Int64  // when the last list was read, Monotonic
}

// newcomer is one user. It is owned by its loop, except for socket, which others read after ready has counted it.
type newcomer struct {
	socket        string
	list          uint64 // size of the list; 0 if it was not received
	frames, bytes uint64 // received after the subscription
}

// newcomers starts the loops. The group must be stopped.
func (s *Presence) newcomers() (*newcomers, error) {
	n := &newcomers{options: s, target: s.target(), all: make([]newcomer, s.users()), group: s.newGroup(s.users())}
	n.ramps = stages(s.Stage).ramps(1)
	for range s.loops() {
		n.latency = append(n.latency, latency.NewRecorder())
		n.stages = append(n.stages, newUpgradeStages(s.Stage))
	}
	return n, n.group.start(n.receive)
}

// open opens all connections, and waits for their socket ids.
func (n *newcomers) open(ctx context.Context) error {
	if _, err := n.group.dial(ctx, len(n.all)); err != nil {
		return err
	}
	if err := n.await(ctx, time.Duration(n.options.Duration), &n.ready); err != nil {
		return err
	}
	if silent := uint64(len(n.all)) - n.ready.Load(); silent > 0 {
		return fmt.Errorf("bench: %d of %d connections have received no socket id: is the app of --app known to the server?", silent, len(n.all))
	}
	return nil
}

// await waits until all users are counted, for at most the time within.
func (n *newcomers) await(ctx context.Context, within time.Duration, counted *atomic.Uint64) (err error) {
	for end := clock.Monotonic() + int64(within); err == nil && clock.Monotonic() < end && counted.Load() < uint64(len(n.all)); {
		err = clock.Sleep(ctx, 5*time.Millisecond)
	}
	return err
}

// schedule returns the schedule of the subscriptions, which begins at start.
func (n *newcomers) schedule() load.Schedule {
	return load.Schedule{Start: n.start.Load(), Rate: n.options.Rate, Ramps: n.ramps}
}

// join lets all users subscribe by the schedule, in a thread of its own, and waits until all have the list. If Duration
// passes before, or ctx ends, some have none.
func (n *newcomers) join(ctx context.Context) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		load.Prioritize()
		for i := 0; i < len(n.all) && load.Await(ctx, n.schedule(), i); i++ {
			_ = n.group.clients[i].Send(n.subscription(i)) // if the connection is closed, OnClose has counted it
			n.subscribed.Add(1)
		}
	}()
	<-sent
	_ = n.await(ctx, time.Duration(n.options.Duration), &n.lists) // missing lists are counted
}

// The start and the end of each user's info. Between them are as many letters as --info says.
const infoStart, infoEnd = `{"name":"`, `"}`

// subscription returns the subscription of user i.
func (n *newcomers) subscription(i int) []byte {
	room, user := n.group.names(i)
	name := strings.Repeat("x", n.options.Info-len(infoStart)-len(infoEnd))
	return n.target.Dialect.App.Subscription(n.all[i].socket, "presence-"+room, `{"user_id":"`+user+`","user_info":`+infoStart+name+infoEnd+`}`)
}

// receive handles a message of the server.
func (n *newcomers) receive(c *wsclient.Client, _ frame.Opcode, payload []byte) {
	m := &n.all[c.Tag()]
	if socket, ok := speak.SocketID(payload); ok {
		m.socket = socket
		n.ready.Add(1)
		return
	}
	m.frames++
	m.bytes += uint64(len(payload))
	if m.list > 0 || !speak.Subscribed(payload) {
		return
	}
	m.list = uint64(len(payload))
	schedule := n.schedule()
	due := schedule.Due(c.Tag())
	n.latency[c.Loop()].Record((c.ReadAt() - due) / int64(time.Microsecond))
	n.latency[c.Loop()].HandOver()
	n.stages[c.Loop()].done(due-schedule.Start, time.Duration(c.ReadAt()-due))
	n.last.Store(c.ReadAt()) // the loops read about at the same time
	if !n.isWhole(c.Tag(), payload) {
		n.damaged.Add(1)
	}
	n.lists.Add(1)
}

// isWhole reports whether a list has its own user, and as many users as it should.
func (n *newcomers) isWhole(tag int, list []byte) bool {
	_, user := n.group.names(tag)
	_, rest, _ := bytes.Cut(list, []byte(`\"count\":`))
	digits := rest[:len(rest)-len(bytes.TrimLeft(rest, "0123456789"))]
	count, err := strconv.Atoi(string(digits))
	listed := bytes.Count(list, []byte(`{\"name\":`)) // in each info
	return err == nil && bytes.Contains(list, []byte(`\"`+user+`\"`)) && listed >= min(count, n.options.List)
}

// figures returns the figures after the group has stopped. first is the number of users that are counted apart.
func (n *newcomers) figures(first int) *PresenceFigures {
	f := &PresenceFigures{Joined: n.lists.Load(), Seconds: max(0, time.Duration(n.last.Load()-n.start.Load()).Seconds())}
	all := latency.NewHistogram()
	for _, r := range n.latency {
		all.Merge(r.Whole())
	}
	f.JoinMs = all.Percentiles()
	sum := uint64(0)
	for i := range n.all {
		m, group := &n.all[i], &f.First
		if i >= first {
			group = &f.Later
		}
		group.add(m)
		sum += m.list
		f.ListBytesMax = max(f.ListBytesMax, m.list)
	}
	f.ListBytes = observe.Per(float64(sum), float64(f.Joined))
	f.First.divide()
	f.Later.divide()
	return f
}

// add adds a user. Frames and Bytes are sums until divide is called.
func (r *Received) add(m *newcomer) {
	r.Members++
	r.Frames += float64(m.frames)
	r.Bytes += float64(m.bytes)
	r.FramesMax, r.BytesMax = max(r.FramesMax, m.frames), max(r.BytesMax, m.bytes)
}

// divide turns the sums into means.
func (r *Received) divide() {
	r.Frames, r.Bytes = observe.Per(r.Frames, float64(r.Members)), observe.Per(r.Bytes, float64(r.Members))
}

// stageFigures returns the figures of the stages after the group has stopped. The users without a
// list are late.
func (n *newcomers) stageFigures() []StageFigures {
	all := n.stages[0]
	for _, of := range n.stages[1:] {
		all.merge(of)
	}
	now, schedule := clock.Monotonic(), n.schedule()
	for i := range n.all {
		if due := schedule.Due(i); n.all[i].list == 0 && due <= now {
			all.late(due-schedule.Start, time.Duration(now-due))
		}
	}
	return all.figures()
}
