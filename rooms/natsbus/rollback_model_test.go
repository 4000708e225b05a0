package natsbus

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
)

// streamCopy is an older copy of the model's stream.
type streamCopy struct {
	stream []storedBatch
	last   uint64
}

func (m *model) copyStream() streamCopy { return streamCopy{slices.Clone(m.stream), m.last} }

// rollBack makes the brokers return with an older copy of the stream. All nodes lose their connection, and
// everything in the network is lost.
func (m *model) rollBack(to streamCopy) {
	m.stream, m.last, m.network = slices.Clone(to.stream), to.last, nil
	for _, n := range m.nodes {
		n.away = true
		n.setDown()
	}
}

// connect reconnects a node.
func (n *modelNode) connect() {
	n.away = false
	n.streams[0].progress.joined.Store(int64(n.now()))
	n.probeAndWait()
	n.setUp(func(*stream) bool { return true })
}

// restart replaces a node by a new one, which remembers nothing. Its members become disconnected.
func (m *model) restart(i int) {
	for _, r := range m.nodes[i].readers {
		m.disconnect(r)
	}
	m.nodes[i].away = true
	m.nodes[i] = m.newNode(longHistory)
}

// mostAdvanced returns the index of the node with the newest mark.
func (m *model) mostAdvanced() (newest int) {
	for i, n := range m.nodes {
		if n.subject.state.mark.at > m.nodes[newest].subject.state.mark.at {
			newest = i
		}
	}
	return newest
}

// disconnect removes a reader. Its position is added to disconnected.
func (m *model) disconnect(r *reader) {
	if ended := r.member.Leave(1); ended != nil {
		<-ended
	}
	m.gone = append(m.gone, r)
	m.disconnected = append(m.disconnected, rooms.Since{Epoch: r.position.Epoch, Seq: r.reached()})
}

// reconnectReaders resumes the closed and the disconnected members at random nodes. It reports whether there
// were any.
func (m *model) reconnectReaders() (moved bool) {
	for _, n := range m.nodes {
		n.readers = slices.DeleteFunc(n.readers, func(r *reader) bool {
			if r.closeReason() == "" {
				return false
			}
			m.disconnect(r)
			return true
		})
	}
	waiting := m.disconnected
	m.disconnected = nil
	for _, since := range waiting {
		m.nodes[m.random.IntN(len(m.nodes))].join(since)
	}
	return len(waiting) > 0
}

// recover runs a reliable network until all nodes and members are connected and have received everything.
func (m *model) recover() {
	for _, n := range m.nodes {
		if n.away {
			n.connect()
		}
		n.streams[0].up.Store(true)
	}
	quiet := m.quiet
	m.replicasLag, m.quiet = false, true
	m.settle()
	for m.reconnectReaders() {
		m.settle()
	}
	m.quiet = quiet
}

// requireOneEpoch requires that all nodes and members are in one epoch, at the same position, and receive the
// next messages. It returns the epoch.
func (m *model) requireOneEpoch() (epoch string) {
	for _, n := range m.nodes {
		n.receipts = append(n.receipts, n.publish(modelRoom, fmt.Sprint("message ", m.random.Uint64())))
	}
	m.recover()
	seq := uint64(0)
	for _, n := range m.nodes {
		n.subject.mu.Lock()
		known, e, at := n.subject.state.phase != unknown, n.subject.state.epoch.String(), n.subject.state.seq
		n.subject.mu.Unlock()
		if len(n.readers) == 0 {
			continue
		}
		require.True(m.t, known)
		if epoch == "" {
			epoch, seq = e, at
		}
		require.Equal(m.t, epoch, e)
		require.Equal(m.t, seq, at)
		for _, r := range n.readers {
			require.Equal(m.t, epoch, r.position.Epoch)
			require.Eventually(m.t, func() bool { return r.reached() == seq }, wait, tick, "the member receives nothing")
		}
	}
	return epoch
}

// messageID is the position of a message.
type messageID struct {
	epoch string
	seq   uint64
}

// requireUnique requires that no number was assigned twice in one epoch. It ignores epochs for which counts is
// false.
func (m *model) requireUnique(counts func(epoch string) bool) {
	texts := map[messageID]string{}
	check := func(at messageID, text string) {
		if was, known := texts[at]; known && counts(at.epoch) {
			require.Equal(m.t, was, text, "%+v", at)
		}
		texts[at] = text
	}
	readers := m.gone
	for _, n := range m.nodes {
		readers = append(readers, n.readers...)
	}
	for _, r := range readers {
		next := uint64(0)
		for _, h := range r.messages() {
			if h.Type == "gap" {
				next = h.To + 1
				continue
			}
			require.True(m.t, next == 0 || next == h.Seq, "%d is missing", next)
			next = h.Seq + 1
			check(messageID{r.position.Epoch, h.Seq}, h.Text)
		}
	}
	for _, n := range m.nodes {
		for _, r := range n.receipts {
			select {
			case <-r.done:
			default:
				require.Fail(m.t, "a receipt was not called")
			}
			if r.err == nil {
				check(messageID{r.epoch.String(), r.seq}, r.text)
			}
		}
	}
}

func (m *model) randomSteps(n int) {
	for range n {
		m.randomStep()
		if m.random.IntN(30) == 0 {
			for _, n := range m.nodes {
				if n.away {
					n.connect()
					break
				}
			}
		}
	}
}

// All nodes have received everything when the brokers return with an older copy.
func TestNoNumberIsAssignedTwiceAfterARollback(t *testing.T) {
	for seed := range uint64(40) {
		runModel(t, fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed, 3, []int{100_000, forgetfulStream}[seed%2])
			m.old = seed%6 == 3
			for _, n := range m.nodes {
				n.join(rooms.Since{})
			}
			copies := []streamCopy{m.copyStream()}
			for range 6 {
				m.lossy, m.replicasLag = true, true
				m.randomSteps(100 + m.random.IntN(300))
				copies = append(copies, m.copyStream())
				m.randomSteps(m.random.IntN(60))
				m.recover()
				before := m.requireOneEpoch()
				to := copies[len(copies)-1-m.random.IntN(2)]
				lost := len(m.stream) > 0 && (len(to.stream) == 0 || to.stream[len(to.stream)-1].seq != m.latest())
				m.lossy, m.replicasLag = true, true
				m.rollBack(to)
				copies = copies[:slices.IndexFunc(copies, func(c streamCopy) bool { return c.last == to.last })+1]
				m.randomSteps(m.random.IntN(400))
				m.recover()
				after := m.requireOneEpoch()
				if lost {
					require.NotEqual(t, before, after)
				}
			}
			m.requireUnique(func(string) bool { return true })
		})
	}
}

// A node that remembers less continues the old epoch, until a node that remembers more is back.
func TestAllMembersReceiveMessagesAfterARollback(t *testing.T) {
	for seed := range uint64(40) {
		runModel(t, fmt.Sprint(seed), func(t *testing.T) {
			m := newModel(t, seed, 3, []int{100_000, forgetfulStream}[seed%2])
			m.old = seed%6 == 3
			for _, n := range m.nodes {
				n.join(rooms.Since{})
			}
			epoch := ""
			for range 6 {
				m.lossy, m.replicasLag = true, true
				to := m.copyStream()
				m.randomSteps(200 + m.random.IntN(200))
				m.rollBack(to)
				m.restart((m.mostAdvanced() + 1 + m.random.IntN(len(m.nodes)-1)) % len(m.nodes))
				m.randomSteps(m.random.IntN(400))
				m.recover()
				epoch = m.requireOneEpoch()
			}
			// A node that was away while the stream dropped batches cannot know that earlier numbers were assigned
			// twice.
			m.requireUnique(func(e string) bool { return e == epoch && m.keep != forgetfulStream })
		})
	}
}

// startedModel returns a quiet model of nodes with one member each, in which messages were published.
func startedModel(t *testing.T, nodes, messages int) *model {
	m := newModel(t, 1, nodes, 100_000)
	m.quiet = true
	for _, n := range m.nodes {
		n.join(rooms.Since{})
	}
	m.publishMessages(messages)
	return m
}

// publishMessages publishes messages at the first node, one after the other.
func (m *model) publishMessages(messages int) {
	for range messages {
		m.nodes[0].receipts = append(m.nodes[0].receipts, m.nodes[0].publish(modelRoom, fmt.Sprint("message ", m.random.Uint64())))
		m.settle()
	}
	for _, n := range m.nodes {
		for _, r := range n.readers {
			require.Eventually(m.t, func() bool { return r.reached() == n.subject.state.seq }, wait, tick)
		}
	}
}

func (m *model) restartAll() {
	m.disconnected = nil
	for i := range m.nodes {
		m.restart(i)
	}
}

func TestAResumingMemberShowsALossToRestartedNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startedModel(t, 2, 4)
		to := m.copyStream()
		m.publishMessages(6)
		m.rollBack(to)
		m.restartAll()
		before := m.disconnected[0]
		require.Equal(t, uint64(10), before.Seq)
		m.disconnected = nil
		m.nodes[1].join(rooms.Since{})
		m.publishMessages(1) // in the epoch that has lost messages
		m.nodes[0].join(before)
		m.recover()
		assert.NotEqual(t, before.Epoch, m.requireOneEpoch())
		for _, n := range m.nodes {
			for _, r := range n.readers {
				assert.True(t, r.since.Epoch == "" || r.position.Lost)
				assert.False(t, r.position.Recovered)
			}
		}
		assert.EqualValues(t, 1, m.nodes[0].counters[Rollbacks].Load())
	})
}

func TestAMemberThatLiesAboutItsPositionGetsAGapAndOthersStay(t *testing.T) {
	for name, old := range map[string]bool{"in an epoch that began before the nodes": true, "in an epoch that began after them": false} {
		runModel(t, name, func(t *testing.T) {
			m := startedModel(t, 2, 4)
			if old { // a liar is believed once after the nodes' start
				m.rollBack(m.copyStream())
				m.restartAll()
				since := rooms.Since{Epoch: m.disconnected[0].Epoch, Seq: 1000}
				m.recover()
				require.Equal(t, since.Epoch, m.requireOneEpoch())
				m.disconnected = append(m.disconnected, since)
				m.recover()
				require.NotEqual(t, since.Epoch, m.requireOneEpoch())
			}
			epoch := m.requireOneEpoch()
			for range 5 {
				for _, n := range m.nodes {
					before := n.subject.bus.counters[Ended].Load()
					began := time.Now()
					n.join(rooms.Since{Epoch: epoch, Seq: 1000})
					assert.Less(t, time.Since(began), reachTimeout, "the leader's answer is enough")
					r := n.readers[len(n.readers)-1]
					assert.True(t, r.position.Lost)
					assert.Equal(t, epoch, r.position.Epoch)
					assert.Equal(t, before, n.subject.bus.counters[Ended].Load())
				}
			}
			assert.Equal(t, epoch, m.requireOneEpoch())
		})
	}
}

func TestARoomThatNoNodeKnewStartsANewEpochAfterARollback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startedModel(t, 1, 4)
		to := m.copyStream()
		m.publishMessages(6)
		before := rooms.Since{Epoch: m.nodes[0].readers[0].position.Epoch, Seq: 10}
		n := m.nodes[0]
		m.disconnect(n.readers[0])
		n.readers = nil
		m.disconnected = nil
		m.rollBack(to)
		n.subjects.byRoom, n.subjects.byID = map[string]*subject{}, map[uint64]*subject{} // as after forgetAfter
		n.subject = n.subjects.acquire(n.Bus, modelRoom)
		m.recover()
		m.publishMessages(6) // as many as were lost
		n.join(before)
		m.recover()
		r := n.readers[0]
		assert.False(t, r.position.Recovered)
		assert.True(t, r.position.Lost)
		assert.NotEqual(t, before.Epoch, r.position.Epoch)
	})
}

func TestARoomThatLostNothingKeepsItsEpochAfterARollback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := startedModel(t, 2, 4)
		epoch := m.requireOneEpoch()
		to := m.copyStream()
		m.last += 100 // batches of other rooms
		for _, n := range m.nodes {
			n.probeAndWait()
		}
		m.rollBack(to)
		m.recover()
		assert.Equal(t, epoch, m.requireOneEpoch())
		m.nodes = append(m.nodes, m.newNode(longHistory))
		m.nodes[2].join(rooms.Since{Epoch: epoch, Seq: 4})
		assert.True(t, m.nodes[2].readers[0].position.Recovered)
		assert.Equal(t, epoch, m.requireOneEpoch())
	})
}
