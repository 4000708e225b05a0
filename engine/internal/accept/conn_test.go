package accept

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"
	"unsafe"

	"github.com/lesismal/nbio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deadlines is a connection that records its read deadlines.
type deadlines struct {
	net.Conn
	read []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestTheFirstDeadlineOfNetHTTPIsLimitedToHeadDeadline(t *testing.T) {
	deadline := time.Unix(1_000_000, 0)
	early, late := deadline.Add(-time.Second), deadline.Add(time.Second)
	for name, tc := range map[string]struct{ deadline, first, want time.Time }{
		"later":        {deadline, late, deadline},
		"the same":     {deadline, deadline, deadline},
		"earlier":      {deadline, early, early},
		"no handshake": {time.Time{}, late, late},
	} {
		socket := &deadlines{}
		c := &conn{Conn: socket, headDeadline: tc.deadline}
		for _, at := range []time.Time{tc.first, late, {}} {
			require.NoError(t, c.SetReadDeadline(at))
		}
		assert.Equal(t, []time.Time{tc.want, late, {}}, socket.read, name)
	}
}

// With TLS, net/http sets a deadline for the TLS handshake, removes it afterwards, and sets one for the head.
func TestTheTLSHandshakeAndTheHeadShareOneDeadline(t *testing.T) {
	deadline := time.Unix(1_000_000, 0)
	late := deadline.Add(time.Second)
	socket := &deadlines{}
	c := &conn{Conn: socket, headDeadline: deadline, tls: true}
	for _, at := range []time.Time{late, {}, late, late, {}} {
		require.NoError(t, c.SetReadDeadline(at))
	}
	assert.Equal(t, []time.Time{deadline, deadline, deadline, late, {}}, socket.read)
}

// The goroutine of the connection has waited for the head already. The ReadHeaderTimeout of net/http must not add to
// that.
func TestAConnectionPassedToNetHTTPKeepsItsHandshakeTimeout(t *testing.T) {
	t.Parallel()
	s := newServer(Config{HandshakeTimeout: 300 * time.Millisecond})
	s.http.ReadHeaderTimeout = time.Hour
	conn := s.serving(t, http.NotFound)()
	_, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost:\tx\r\n"))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Contains(t, string(answer), "408 Request Timeout")
}

func TestAConnIsOfAnotherSizeClassThanAnNbioConn(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(conn{}), uintptr(192)) // a size class; the next one is 208
	assert.Greater(t, unsafe.Sizeof(nbio.Conn{}), uintptr(192))
}
