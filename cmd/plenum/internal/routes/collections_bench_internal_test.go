package routes

import (
	"context"
	"flag"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/lesismal/nbio"

	"plenum/engine"
	"plenum/rooms"
)

var (
	connections = flag.Int("connections", 20_000, "number of idle connections in BenchmarkCollections")
	least       = flag.Duration("least", 10*time.Second, "time of each measurement in BenchmarkCollections")
	turns       = flag.Int("turns", 1, "how often BenchmarkCollections measures everything in turn")
	write       = flag.Duration("write", 0, "time of each write to a member of the measured room in BenchmarkCollections")
)

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

// other is work that runs while a room is measured.
type other struct {
	what   string
	run    func()
	counts func() bool // whether a message that is due now is measured; nil: all messages are measured
}

// beside are the kinds of work that run while a room is measured. Each runs for the time of the flag least, or longer. All idle
// connections stay. The collector is off, unless the comment of the work says otherwise.
var beside = []other{
	// Nothing else runs.
	{what: "nothing", run: func() { time.Sleep(*least) }},
	// A goroutine computes without a pause. It takes as much of the processors as the collector's one dedicated worker.
	{what: "computing", run: func() {
		for begin := time.Now(); time.Since(begin) < *least; {
		}
	}},
	// Collections follow each other, three or more. The collector's workers use all processor time that is left.
	{what: "collections", run: func() {
		begin := time.Now()
		for n := 0; n < 3 || time.Since(begin) < *least; n++ {
			runtime.GC()
		}
	}},
}

// collected returns the number of collections.
func collected() int64 {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return s.NumGC
}

// BenchmarkCollections reports the latency of a room of 1,000 beside the collection of garbage, and beside other things. For
// the figures the processors must do nothing else. With 10,000,000 connections and GOGC=50, it needs 7 GB. The tag adds
// periodic collections:
//
//	go test ./cmd/plenum/internal/routes -tags runtimevars -ldflags=-checklinkname=0 -run '^$' -bench Collections \
//		-benchtime 1x -cpu 3,4 -connections 1000000 -write 1us -turns 3
func BenchmarkCollections(b *testing.B) {
	hub := rooms.New(rooms.Config{AnnounceLimit: -1, Workers: runtime.NumCPU()})
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { hub.Serve(ctx) })
	defer func() { cancel(); serving.Wait() }()
	a := &audience{hub: hub}
	a.join(b, 1000)
	t := fill(b, hub)
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range *turns {
		for _, other := range beside {
			b.Run(other.what, func(b *testing.B) {
				for b.Loop() {
					a.measure(b, other)
				}
			})
		}
	}
	t.leave()
}
