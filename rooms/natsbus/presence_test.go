package natsbus

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/rooms"
	"plenum/rooms/natsbus/internal/query"
)

// informer is a Sink with an info.
type informer struct {
	reader
	info string
}

func (i *informer) Info() string { return i.info }

// byName is an Announcer whose members list the users.
type byName struct{}

func (byName) Announces(string) rooms.Announcing { return rooms.ByName }
func (byName) IsAnnouncement(body []byte) bool   { return codec.IsAnnouncement(body) }

func (byName) AppendAnnouncement(dst []byte, a rooms.Announcement) []byte {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: a.Name, Room: a.Room, Timestamp: a.Now})
	if err != nil {
		return dst
	}
	defer body.Free()
	return append(dst, body.Bytes()...)
}

// joinAs joins room a.
func (n *testNode) joinAs(t *testing.T, name, info string) *informer {
	t.Helper()
	done, err := n.hub.Open(t.Context(), "a", nil)
	require.NoError(t, err)
	defer done()
	i := &informer{reader{name: name}, info}
	require.NoError(t, n.hub.Join(&i.member, "a", i, time.Now().UnixMilli()))
	return i
}

func TestTheUsersOfARoomAndTheirInfosAreKnownAtEachNode(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	start := func() *testNode {
		return startHub(t, Config{URL: broker.ClientURL(), History: someHistory}, rooms.Config{AnnounceLimit: 10, Announcer: byName{}})
	}
	a, b := start(), start()
	ada, _ := a.joinAs(t, "Ada", `{"age":1}`), b.joinAs(t, "Bob", `{"age":2}`)
	lists := func(n *testNode, want ...rooms.User) func() bool {
		return func() bool {
			list, _ := n.hub.Users("a", 100)
			slices.SortFunc(list.Users, func(x, y rooms.User) int { return strings.Compare(x.Name, y.Name) })
			return slices.Equal(list.Users, want) && list.Count == len(want) && !list.Partial
		}
	}
	for _, n := range []*testNode{a, b} {
		require.Eventually(t, lists(n, rooms.User{Name: "Ada", Info: `{"age":1}`}, rooms.User{Name: "Bob", Info: `{"age":2}`}), wait, tick)
	}
	infos := map[string]string{"Ada": `{"age":1}`, "Bob": `{"age":2}`}
	page, err := a.directory.Members(t.Context(), "a", "", 2)
	require.NoError(t, err)
	require.Equal(t, rooms.MemberPage{Names: []string{"Ada", "Bob"}, Infos: infos, Found: true}, page)
	delete(infos, "Bob")
	page, err = b.directory.Members(t.Context(), "a", "", 1)
	require.NoError(t, err)
	require.Equal(t, rooms.MemberPage{Names: []string{"Ada"}, Infos: infos, More: true, Found: true}, page)
	late := start()
	_ = late.joinAs(t, "Cid", "")
	list, _ := late.hub.Users("a", 100)
	require.Len(t, list.Users, 3, "a node knows the users when its first member joins")
	ada.member.Leave(time.Now().UnixMilli())
	require.Eventually(t, lists(b, rooms.User{Name: "Bob", Info: `{"age":2}`}, rooms.User{Name: "Cid"}), wait, tick)
}

// The other node does not answer the first heartbeat, as a slow machine may do. It sends its own one interval later.
func TestANodeThatHasJustStartedWaitsForTheOthersBeforeItListsUsers(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	const id = 42
	report := reportMessage{node: id, report: report{1, rooms.Names{"Ada": rooms.Owner}}}
	_, err = conn.Subscribe(askSubject, func(m *nats.Msg) {
		_ = query.Respond(m, func(query.Question) query.Answer { return query.Answer{Node: id, Report: report.encode(1 << 10)} })
	})
	require.NoError(t, err)
	var beats atomic.Int64 // of the node that starts
	other := newNodes(new(sync.Mutex), id, 1)
	_, err = conn.Subscribe(beatSubject, func(m *nats.Msg) {
		if binary.BigEndian.Uint64(m.Data) == id {
			return
		}
		if beats.Add(1) == 2 {
			other.beat(conn, "other", moment(time.Hour))
		}
	})
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	n := startHub(t, Config{URL: broker.ClientURL(), History: someHistory}, rooms.Config{AnnounceLimit: 10, Announcer: byName{}})
	require.NotZero(t, beats.Load(), "its first heartbeat is sent at once, so that the others answer it before it is up")
	n.joinAs(t, "Bob", "")
	list, _ := n.hub.Users("a", 100)
	require.Len(t, list.Users, 2)
}

// A node that has reconnected reports its members at once. Its next heartbeat may arrive after that.
func TestANodeThatReportsItsMembersIsAlive(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	n := startNode(t, broker.ClientURL(), someHistory)
	n.join(t, "a", "Alex", nil)
	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	const other = 42
	report := binary.BigEndian.AppendUint64(nil, other)
	report = binary.BigEndian.AppendUint32(report, 3)
	report = append(report, make([]byte, reportSize-len(report))...)
	members := func(want int) func() bool {
		return func() bool { info, _ := n.hub.Room("a"); return info.Members == want }
	}
	for range 2 { // a new node, then one that has reconnected
		require.NoError(t, conn.Publish(roomPrefix+token("a")+"."+kindPresence, report))
		reported := time.Now()
		require.Eventually(t, members(1+3), wait, tick)
		require.Eventually(t, members(1), wait, tick)
		require.Greater(t, time.Since(reported), deadAfter)
	}
}
