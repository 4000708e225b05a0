package mailbox

import (
	"fmt"
	"net"
	"testing"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJobsRunInOrderOnEachPoller(t *testing.T) {
	const pollers = 3
	nb := nbio.NewEngine(nbio.Config{NPoller: pollers, EpollMod: nbio.EPOLLET})
	nb.OnRead(func(nc *nbio.Conn) { nc.Session().(*Mailbox).Readable(nc, *nb.PollerBufferPtr(nc)) })
	nb.OnClose(func(nc *nbio.Conn, _ error) { nc.Session().(*Mailbox).Close() })
	require.NoError(t, nb.Start())
	boxes, err := NewMailboxes(nb, pollers)
	require.NoError(t, err)
	require.Len(t, boxes, pollers)

	const jobs = 1000
	for i, m := range boxes {
		assert.Equal(t, i, m.conn.Hash()%pollers, "nbio assigns a connection to a poller in the same way")
		t.Run(fmt.Sprint("poller ", i), func(t *testing.T) {
			var ran []int // owned by the poller until done is closed
			done := make(chan struct{})
			for n := range jobs {
				m.Post(func() { ran = append(ran, n) })
			}
			m.Post(func() { close(done) })
			<-done
			assert.Len(t, ran, jobs)
			assert.IsIncreasing(t, ran)
		})
	}
	nb.Stop()
	for _, m := range boxes {
		m.Close()
		m.Post(func() { t.Error("its poller has stopped") })
	}
}

// turnJob counts its runs. It is done after a number of them.
type turnJob struct {
	runs, until int
	done        chan struct{} // closed at the end
}

func (j *turnJob) Run() (again bool) {
	j.runs++
	if j.runs == j.until {
		close(j.done)
	}
	return j.runs < j.until
}

func TestATurnJobThatWaitsIsNotAddedAgain(t *testing.T) {
	nb := nbio.NewEngine(nbio.Config{NPoller: 1, EpollMod: nbio.EPOLLET})
	nb.OnRead(func(nc *nbio.Conn) { nc.Session().(*Mailbox).Readable(nc, *nb.PollerBufferPtr(nc)) })
	nb.OnClose(func(nc *nbio.Conn, _ error) { nc.Session().(*Mailbox).Close() })
	require.NoError(t, nb.Start())
	boxes, err := NewMailboxes(nb, 1)
	require.NoError(t, err)

	waiting, holding := make(chan struct{}), make(chan struct{})
	boxes[0].Post(func() { close(holding); <-waiting })
	<-holding
	long, short := &turnJob{until: 3, done: make(chan struct{})}, &turnJob{until: 1, done: make(chan struct{})}
	for range 5 {
		assert.True(t, boxes[0].AfterTurn(long))
		assert.True(t, boxes[0].AfterTurn(short))
	}
	close(waiting)
	<-short.done
	<-long.done
	after := make(chan struct{})
	boxes[0].Post(func() { close(after) })
	<-after
	assert.Equal(t, 3, long.runs)
	assert.Equal(t, 1, short.runs)
	nb.Stop()
	boxes[0].Close()
	assert.False(t, boxes[0].AfterTurn(long), "the poller has stopped")
}

// The poller is busy with other events: it has not seen yet that its end of the socket pair is readable.
func TestJobsDoNotWaitForMoreThanSomeEvents(t *testing.T) {
	m, err := newMailbox()
	require.NoError(t, err)
	defer func() { m.Close(); _ = m.conn.Close() }()
	ran := 0
	for range 2 { // the second time as the first
		ran = 0
		m.Post(func() { ran++ })
		for range maxEvents - 1 {
			m.Handled()
		}
		assert.Zero(t, ran)
		m.Handled()
		assert.Equal(t, 1, ran)
		for range maxEvents {
			m.Handled()
		}
		assert.Equal(t, 1, ran)
	}
}

func TestALaterJobRunsAfterTheEventsThatThePollerHasReceived(t *testing.T) {
	nb := nbio.NewEngine(nbio.Config{NPoller: 1, EpollMod: nbio.EPOLLET})
	var order []string // owned by the poller until done is closed
	nb.OnRead(func(nc *nbio.Conn) {
		if m, ok := nc.Session().(*Mailbox); ok {
			m.Readable(nc, *nb.PollerBufferPtr(nc))
			return
		}
		order = append(order, "event")
	})
	nb.OnClose(func(nc *nbio.Conn, _ error) {
		if m, ok := nc.Session().(*Mailbox); ok {
			m.Close()
		}
	})
	require.NoError(t, nb.Start())
	boxes, err := NewMailboxes(nb, 1)
	require.NoError(t, err)
	m := boxes[0]

	// While the poller is held, an event of the mailbox and then events of other connections become ready. It receives
	// them together.
	waiting, holding, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	m.Post(func() { close(holding); <-waiting })
	<-holding
	m.Post(func() {
		m.Later(func() { order = append(order, "later"); close(done) })
		for range maxEvents { // jobs that are run early must not count as an end of the round
			m.Handled()
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	for range 5 {
		peer, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer peer.Close()
		own, err := ln.Accept()
		require.NoError(t, err)
		_, err = peer.Write([]byte("x"))
		require.NoError(t, err)
		_, err = nb.AddConn(own)
		require.NoError(t, err)
	}
	close(waiting)
	<-done
	assert.Equal(t, []string{"event", "event", "event", "event", "event", "later"}, order)
	nb.Stop()
	assert.False(t, m.Later(func() {}))
}
