package routes

import (
	"context"
	"flag"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lesismal/nbio"

	"plenum/engine"
	"plenum/rooms"
)

var connections = flag.Int("connections", 20_000, "number of idle connections in BenchmarkCollections")

// idle is an idle connection without a socket: the objects and pointers of a connection to /ws/chat/{room}, in a room of 10.
type idle struct{ chatSession }

func (*idle) WriteFrames(b []byte) (int, error) { return len(b), nil }
func (*idle) Close(int, string) error           { return nil }
func (*idle) View() rooms.View                  { return nil }

// tables are the places besides the rooms that refer to a connection.
type tables struct {
	conns   []*engine.Conn      // as in the engine's table
	sockets []*nbio.Conn        // as in nbio's table
	wheel   []*[32]*engine.Conn // as in a timer wheel
}

// fill makes the idle connections.
func fill(b *testing.B, hub *rooms.Hub) *tables {
	t, rt := &tables{}, New(Config{Rooms: hub})
	for i := range *connections {
		t.add(b, hub, rt, i)
	}
	return t
}

func (t *tables) add(b *testing.B, hub *rooms.Hub, rt *Routes, i int) {
	m := &idle{chatSession{session{name: fmt.Sprintf("user-%09d", i), terms: &rt.openTerms[0]}}}
	socket := &nbio.Conn{}
	socket.SetSession(&m.Conn)
	conn := reflect.ValueOf(&m.Conn).Elem()
	unexported(conn.FieldByName("handler")).Set(reflect.ValueOf(m))
	unexported(conn.FieldByName("socket").Field(0)).Set(reflect.ValueOf(socket))
	if err := hub.Join(&m.member, fmt.Sprintf("room-%08d", i/10), m, 1); err != nil {
		b.Error(err)
	}
	t.conns, t.sockets = append(t.conns, &m.Conn), append(t.sockets, socket)
	if i%32 == 0 {
		t.wheel = append(t.wheel, &[32]*engine.Conn{})
	}
	t.wheel[len(t.wheel)-1][i%32] = &m.Conn
}

// leave ends all connections.
func (t *tables) leave() {
	for _, socket := range t.sockets {
		conn := reflect.ValueOf(socket.Session()).Elem()
		unexported(conn.FieldByName("handler")).Interface().(*idle).member.Leave(1)
	}
	*t = tables{}
}

// unexported gives access to a field that is not exported.
func unexported(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
}

// listener is a member of the room that is measured. It reports the last delivery of each message.
type listener struct {
	member rooms.Member
	all    *audience
}

func (*listener) Close(int, string) error { return nil }
func (*listener) Name() string            { return "listener" }

func (l *listener) WriteFrames(b []byte) (int, error) {
	if l.all.unheard.Add(-1) == 0 {
		l.all.heard <- struct{}{}
	}
	return len(b), nil
}

// audience is the members of the room that is measured.
type audience struct {
	hub     *rooms.Hub
	members []listener
	unheard atomic.Int64
	heard   chan struct{}
}

func (a *audience) join(b *testing.B, n int) {
	a.members, a.heard = make([]listener, n), make(chan struct{}, 1)
	for i := range a.members {
		a.members[i].all = a
		if err := a.hub.Join(&a.members[i].member, "measured", &a.members[i], 1); err != nil {
			b.Fatal(err)
		}
	}
}

// interval is the interval between two messages.
const interval = 5 * time.Millisecond

// latencies publishes at a steady rate until ended is closed. It returns the times from the moment at which each message was
// due to its last delivery, sorted.
func (a *audience) latencies(ended <-chan struct{}) (all []time.Duration) {
	body := fmt.Appendf(nil, `{"sender":"x","text":"%0100d"}`, 0)
	for due := time.Now().Add(interval); ; due = due.Add(interval) {
		select {
		case <-ended:
			slices.Sort(all)
			return all
		case <-time.After(time.Until(due)):
		}
		a.unheard.Store(int64(len(a.members)))
		a.hub.Publish("measured", body, 1, nil)
		<-a.heard
		all = append(all, time.Since(due))
	}
}

// BenchmarkCollections reports the latency of a room of 1,000 during three collections of garbage: beside idle connections,
// and alone. Both measurements last as long. Beside 10 million connections a collection is always under way, which is the
// worst case. It needs 8 GB for them, and processors that do nothing else:
//
//	go test ./cmd/plenum/internal/routes -run '^$' -bench Collections -benchtime 1x -connections 10000000
func BenchmarkCollections(b *testing.B) {
	hub := rooms.New(rooms.Config{AnnounceLimit: -1})
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { hub.Serve(ctx) })
	defer func() { cancel(); serving.Wait() }()
	a := &audience{hub: hub}
	a.join(b, 1000)
	for b.Loop() {
		t := fill(b, hub)
		runtime.GC()
		took := a.measure(b, "beside", 3*time.Second)
		t.leave()
		runtime.GC()
		a.measure(b, "alone", took)
	}
}

// measure reports the latencies during three collections. It lasts for least, or longer if the collections do.
func (a *audience) measure(b *testing.B, where string, least time.Duration) (took time.Duration) {
	ended := make(chan struct{})
	begin, longest := time.Now(), time.Duration(0)
	go func() {
		defer close(ended)
		for n := range time.Duration(3) {
			began := time.Now()
			runtime.GC()
			longest = max(longest, time.Since(began))
			time.Sleep(time.Until(begin.Add(least * (n + 1) / 3)))
		}
	}()
	all := a.latencies(ended)
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us-"+where)
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us-"+where)
	b.ReportMetric(longest.Seconds(), "s/collection-"+where)
	b.ReportMetric(float64(len(all)), "messages-"+where)
	return time.Since(begin)
}
