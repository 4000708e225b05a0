package mailbox

import (
	"fmt"
	"testing"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJobsRunInOrderOnEachPoller(t *testing.T) {
	const pollers = 3
	nb := nbio.NewEngine(nbio.Config{NPoller: pollers, EpollMod: nbio.EPOLLET})
	nb.OnRead(func(nc *nbio.Conn) { nc.Session().(*Mailbox).RunJobs(nc, *nb.PollerBufferPtr(nc)) })
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
