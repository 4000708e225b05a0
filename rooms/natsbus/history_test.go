package natsbus

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/rooms"
)

// expectedHistory returns the messages of said that a history with the bounds h has to contain.
func expectedHistory(h rooms.History, said []codec.Message) []codec.Message {
	messages, announcements := 0, 0
	for i := len(said) - 1; i >= 0; i-- {
		if said[i].Sender == codec.System {
			announcements++
		} else {
			messages++
		}
		if messages == h.Messages || announcements == h.Announcements {
			return said[i:]
		}
	}
	return said
}

// history returns a node's history of a room.
func history(t *testing.T, hub *rooms.Hub, room string) (all []codec.Message) {
	t.Helper()
	page, _ := hub.Messages(room, nil, 1000, 1)
	for _, b := range page.Messages {
		var m codec.Message
		require.NoError(t, json.Unmarshal(b, &m))
		all = append(all, m)
	}
	return all
}

// storedMessages returns the room's messages in the stream.
func (m *model) storedMessages() (all []codec.Message) {
	for _, b := range m.stream {
		h, messages, err := parseBatch(b.data)
		require.NoError(m.t, err)
		seq := h.first
		for body := range bodies(messages) {
			var message codec.Message
			require.NoError(m.t, json.Unmarshal(fmt.Appendf(nil, "%s%d}", body, seq), &message))
			all = append(all, message)
			seq++
		}
	}
	return all
}

func TestAllNodesKeepTheSameHistoryOnALossyNetwork(t *testing.T) {
	h := rooms.History{Messages: 6, Announcements: 9, Age: 600, Memory: 64 << 20}
	for seed := range uint64(20) {
		runModel(t, fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed, 0, h.Bound())
			m.addNodes(2, h)
			for _, n := range m.nodes {
				n.join(rooms.Since{})
			}
			m.lossy = true
			for range 600 {
				m.randomStep()
				if m.random.IntN(40) == 0 {
					publishAs(m.nodes[0].hub, codec.System, modelRoom, "Alex joined the room")
				}
			}
			for _, n := range m.nodes {
				n.streams[0].up.Store(true)
			}
			m.settle()
			m.addNodes(1, h)
			m.nodes[2].join(rooms.Since{})
			m.settle()
			want := expectedHistory(h, m.storedMessages())
			require.NotEmpty(t, want)
			require.Equal(t, want, history(t, m.nodes[2].hub, modelRoom), "the node has read the history from the stream")
			for _, n := range m.nodes[:2] {
				got := history(t, n.hub, modelRoom)
				if missed := n.hub.Stats(); len(got) < len(want) && missed.Counts[rooms.Published] < int64(want[len(want)-1].Seq) {
					require.Equal(t, want[len(want)-len(got):], got, "the node has missed more than the stream has")
					continue
				}
				require.Equal(t, want, got)
			}
		})
	}
}

func TestTheStreamKeepsTheWholeHistoryOfARoom(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	h := rooms.History{Messages: 3, Announcements: 40, Age: 600, Memory: 64 << 20}
	first := startNode(t, broker.ClientURL(), h)
	for i := range 4 {
		require.NoError(t, first.publish("a", fmt.Sprint("message ", i)).wait(t).err)
	}
	for range 30 {
		require.NoError(t, publishAs(first.hub, codec.System, "a", "Alex joined the room").wait(t).err)
	}
	require.EqualValues(t, 43, streamOf(t, broker.ClientURL()).CachedInfo().Config.MaxMsgsPerSubject)
	first.stop()
	second := startNode(t, broker.ClientURL(), h)
	second.join(t, "a", "Alex", nil)
	got := history(t, second.hub, "a")
	require.Len(t, got, 33)
	require.Equal(t, "message 1", got[0].Text)
	require.EqualValues(t, 34, got[32].Seq)
}

func TestTheDirectoryFindsAKeptMessageInTheHistory(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	start := func() *testNode {
		keeps := func(_ string, body []byte) bool { return strings.Contains(string(body), "keep") }
		return startHub(t, Config{URL: broker.ClientURL(), History: someHistory}, rooms.Config{AnnounceLimit: -1, Keeps: keeps})
	}
	a, b := start(), start()
	find := func(room string) (rooms.Kept, bool) {
		kept, found, err := b.directory.Kept(t.Context(), room, time.Now().UnixMilli())
		require.NoError(t, err)
		return kept, found
	}
	_, found := find("a")
	require.False(t, found)
	r, _ := a.join(t, "a", "Ada", nil)
	for _, text := range []string{"keep 1", "keep 2", "other"} {
		require.NoError(t, a.publish("a", text).wait(t).err)
	}
	r.member.Leave(1)
	kept, found := find("a")
	require.True(t, found)
	require.EqualValues(t, 2, kept.Seq)
	require.Contains(t, string(kept.Payload), "keep 2")
	require.Nil(t, b.hub.Check())
}
