package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/codec/frame"
	"plenum/rooms"
)

const (
	wait = 3 * maxInFlight
	tick = 5 * time.Millisecond
)

// startBroker starts a broker with its store in a folder; port 0: any free port.
func startBroker(t *testing.T, port int, folder string) *server.Server {
	t.Helper()
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: folder, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(wait))
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// testNode is a node of a cluster, without sockets.
type testNode struct {
	*Bus
	hub       *rooms.Hub
	directory Directory
	stop      func()
}

func startNode(t testing.TB, url string, history rooms.History) *testNode {
	t.Helper()
	return startNodeWith(t, Config{URL: url, History: history})
}

func startNodeWith(t testing.TB, cfg Config) *testNode {
	t.Helper()
	return startHub(t, cfg, rooms.Config{AnnounceLimit: -1})
}

// startHub starts a node whose hub announces joins and leaves as hub says.
func startHub(t testing.TB, cfg Config, hub rooms.Config) *testNode {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	b, err := New(cfg)
	require.NoError(t, err)
	share := b.Share("")
	hub.History, hub.Bus, hub.Gap = cfg.History, share, codec.AppendGap
	n := &testNode{Bus: b, hub: rooms.New(hub)}
	n.directory = share.Attach(n.hub)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.hub.Serve(ctx) })
	running.Go(func() { assert.NoError(t, b.Serve(ctx, t.Name())) })
	n.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(n.stop)
	require.Eventually(t, b.Up, wait, tick)
	return n
}

var someHistory = rooms.History{Messages: 100, Age: 600, Memory: 64 << 20}

// reader is a member that collects the messages and gaps that it receives.
type reader struct {
	member   rooms.Member
	name     string
	since    rooms.Since
	position rooms.Position

	mu     sync.Mutex
	got    []received
	closed string
}

type received struct {
	Type, Sender, Text string
	Seq                uint64
	From, To           uint64
}

func (r *reader) Name() string { return r.name }

func (r *reader) WriteFrames(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for payload := range frame.Payloads(b) {
		var h received
		if err := json.Unmarshal(payload, &h); err != nil {
			return 0, err
		}
		r.got = append(r.got, h)
	}
	return len(b), nil
}

func (r *reader) Close(code int, reason string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = fmt.Sprint(code, " ", reason)
	return nil
}

func (r *reader) closeReason() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

func (r *reader) messages() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

// retryIfAway calls try again while it returns rooms.ErrBus, each time after the bus has returned.
func (n *testNode) retryIfAway(t *testing.T, try func() error) {
	t.Helper()
	until := time.Now().Add(2 * wait)
	err := try()
	for errors.Is(err, rooms.ErrBus) && time.Now().Before(until) {
		require.Eventually(t, n.Up, 2*wait, tick)
		err = try()
	}
	require.NoError(t, err)
}

// join adds a new member to a room of the node. It resumes from since, or joins without history if since is nil. It tries
// again if the bus is away, as a client does.
func (n *testNode) join(t *testing.T, room, name string, since *rooms.Since) (*reader, rooms.Position) {
	t.Helper()
	var done func()
	n.retryIfAway(t, func() (err error) {
		done, err = n.hub.Open(t.Context(), room, since)
		return err
	})
	defer done()
	r := &reader{name: name}
	position, err := n.hub.Resume(&r.member, room, r, since, time.Now().UnixMilli())
	require.NoError(t, err)
	r.member.Drained()
	return r, position
}

// receipt is a rooms.Receipt that stores its result, and then closes done.
type receipt struct {
	done  chan struct{}
	text  string
	epoch rooms.Epoch
	seq   uint64
	err   error
}

func (r *receipt) Published(epoch rooms.Epoch, seq uint64, err error) {
	r.epoch, r.seq, r.err = epoch, seq, err
	close(r.done)
}

func (r *receipt) wait(t testing.TB) *receipt {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(wait):
		require.Fail(t, "the receipt was not called")
	}
	return r
}

func (n *testNode) publish(room, text string) *receipt { return publishTo(n.hub, room, text) }

func (n *modelNode) publish(room, text string) *receipt { return publishTo(n.hub, room, text) }

func publishTo(hub *rooms.Hub, room, text string) *receipt { return publishAs(hub, "Alex", room, text) }

func publishAs(hub *rooms.Hub, sender, room, text string) *receipt {
	r := &receipt{done: make(chan struct{}), text: text}
	now := time.Now().UnixMilli()
	body, _ := codec.Encode(codec.Message{Sender: sender, Text: text, Room: room, Timestamp: now})
	defer body.Free()
	hub.Publish(room, body.Bytes(), now, r)
	return r
}

func TestAllMembersReceiveTheSameOrder(t *testing.T) {
	t.Parallel()
	const nodes, each = 3, 500
	broker := startBroker(t, 0, t.TempDir())
	var all []*testNode
	var readers []*reader
	var position rooms.Position
	for i := range nodes {
		n := startNode(t, broker.ClientURL(), someHistory)
		all = append(all, n)
		r, p := n.join(t, "a", fmt.Sprint("m", i), nil)
		readers = append(readers, r)
		position = p
	}
	var publishing sync.WaitGroup
	receipts := make([][]*receipt, nodes)
	for i, n := range all {
		publishing.Go(func() {
			for k := range each {
				receipts[i] = append(receipts[i], n.publish("a", fmt.Sprint(i, " ", k)))
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	publishing.Wait()
	texts := map[uint64]string{}
	for i := range receipts {
		for k, r := range receipts[i] {
			require.NoError(t, r.wait(t).err)
			require.Equal(t, position.Epoch, r.epoch.String())
			texts[r.seq] = fmt.Sprint(i, " ", k)
		}
	}
	require.Len(t, texts, nodes*each)
	for _, r := range readers {
		require.Eventually(t, func() bool { return len(r.messages()) == nodes*each }, wait, tick)
		for i, h := range r.messages() {
			require.Equal(t, uint64(i+1), h.Seq)
			require.Equal(t, texts[h.Seq], h.Text)
		}
	}
	for _, n := range all {
		t.Logf("%+v", n.Stats())
	}
}
