package engine

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deadlines is a connection that notes until when it is to be read.
type deadlines struct {
	net.Conn
	read []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestNetHTTPsFirstDeadlineIsNoLaterThanTheOpenings(t *testing.T) {
	due := time.Unix(1_000_000, 0)
	early, late := due.Add(-time.Second), due.Add(time.Second)
	for name, tc := range map[string]struct{ due, first, want time.Time }{
		"later":      {due, late, due},
		"the same":   {due, due, due},
		"earlier":    {due, early, early},
		"no opening": {time.Time{}, late, late},
	} {
		socket := &deadlines{}
		c := &frontConn{Conn: socket, due: tc.due}
		for _, at := range []time.Time{tc.first, late, {}} {
			require.NoError(t, c.SetReadDeadline(at))
		}
		assert.Equal(t, []time.Time{tc.want, late, {}}, socket.read, name)
	}
}

// Over TLS net/http sets one for its handshake, none when it is made, and one for the head.
func TestAHandshakeAndAHeadAreBothOverWhenTheHeadIsDue(t *testing.T) {
	due := time.Unix(1_000_000, 0)
	late := due.Add(time.Second)
	socket := &deadlines{}
	c := &frontConn{Conn: socket, due: due, secret: true}
	for _, at := range []time.Time{late, {}, late, late, {}} {
		require.NoError(t, c.SetReadDeadline(at))
	}
	assert.Equal(t, []time.Time{due, due, due, late, {}}, socket.read)
}

// An opening has waited for it already: net/http's own time for a head does not count.
func TestAHeadHandedOverHasNoMoreTime(t *testing.T) {
	t.Parallel()
	e := bench(t, Config{HandshakeTimeout: 300 * time.Millisecond})
	e.front.server.ReadHeaderTimeout = time.Hour
	conn := serving(t, e, http.NotFound)()
	_, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost:\tx\r\n"))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "408 Request Timeout")
}
