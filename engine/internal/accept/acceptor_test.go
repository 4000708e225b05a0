package accept

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"plenum/engine/internal/adopt"
)

// pollerOf waits until the connection of a client is accepted, and returns the number of its poller.
func (s *server) pollerOf(t *testing.T, client net.Conn) (poller int) {
	t.Helper()
	require.Eventually(t, func() bool {
		poller = s.pollerOfNow(client)
		return poller >= 0
	}, soon, time.Millisecond, "no poller accepts")
	return poller
}

// pollerOfNow returns the number of the poller that has accepted the connection of a client, or -1.
func (s *server) pollerOfNow(client net.Conn) int {
	s.Server.mu.Lock()
	defer s.Server.mu.Unlock()
	for c := s.halfOpen.first; c != nil; c = c.next {
		registered := c.nc != nil && !reflect.ValueOf(c.nc).Elem().FieldByName("p").IsNil() // else Of is a forecast
		if registered && c.address() == client.LocalAddr().String() {
			return s.pollers.Of(c.nc)
		}
	}
	return -1
}

func TestTheServerEndsHalfOpenConnectionsThatAreLate(t *testing.T) {
	s := newServer(Config{HandshakeTimeout: time.Hour})
	dial := s.serving(t, http.NotFound)
	for half, want := range map[string]string{"": "", "GET / HT": requestTimeout} {
		c := dial()
		s.pollerOf(t, c)
		_, err := c.Write([]byte(half))
		require.NoError(t, err)
		s.Expire(time.Now().Add(time.Hour - time.Minute))
		assert.Empty(t, s.refusals(), "not yet")
		require.Eventually(t, func() bool { return s.halfRead(t, len(half), false) == 1 }, soon, time.Millisecond)
		s.Expire(time.Now().Add(time.Hour))
		answer := make([]byte, 200)
		n := 0
		for err == nil {
			var more int
			more, err = c.Read(answer[n:])
			n += more
		}
		assert.Equal(t, want, string(answer[:n]))
		assert.Equal(t, []Reason{TimedOut}, s.refusals())
		s.reasons = nil
		require.Eventually(t, func() bool { return s.stillPending() == 0 }, soon, time.Millisecond)
	}
}

func TestAddressesOfTheKernelAreWrittenAsPackageNetDoes(t *testing.T) {
	for want, from := range map[string]unix.RawSockaddrInet6{
		"[2001:db8::1]:258": {Family: unix.AF_INET6, Port: 0x0201, Addr: netip.MustParseAddr("2001:db8::1").As16()},
		"192.0.2.1:258":     {Family: unix.AF_INET6, Port: 0x0201, Addr: netip.MustParseAddr("::ffff:192.0.2.1").As16()},
		"[fe80::1%7]:258":   {Family: unix.AF_INET6, Port: 0x0201, Addr: netip.MustParseAddr("fe80::1").As16(), Scope_id: 7},
		"invalid AddrPort":  {Family: unix.AF_UNIX},
	} {
		var any unix.RawSockaddrAny
		*(*unix.RawSockaddrInet6)(unsafe.Pointer(&any)) = from
		assert.Equal(t, want, addrPort(&any).String())
	}
	in4 := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: 0x0201, Addr: [4]byte{192, 0, 2, 1}}
	var any unix.RawSockaddrAny
	*(*unix.RawSockaddrInet4)(unsafe.Pointer(&any)) = in4
	assert.Equal(t, "192.0.2.1:258", addrPort(&any).String())
}

func TestRepeatedFieldsAreJoinedAndManyFieldsAreKept(t *testing.T) {
	var lines strings.Builder
	for i := range 100 {
		fmt.Fprintf(&lines, "X-Field-%d: %d\r\n", i, i)
	}
	head := strings.Replace(plainHandshake, "Origin:", lines.String()+"Origin:", 1)
	r := parseHandshake([]byte(head))
	require.NotNil(t, r)
	assert.Equal(t, []string{"a=1", "b=2"}, r.Header["Cookie"])
	for i := range 100 {
		assert.Equal(t, []string{fmt.Sprint(i)}, r.Header[fmt.Sprint("X-Field-", i)])
	}
}

// A timer may fire although its pause has just ended. It must not end the next pause, which has a timer of its own.
func TestALateTimerDoesNotEndTheNextPause(t *testing.T) {
	s := newServer(Config{})
	s.poll(t, 1)
	t.Cleanup(s.nb.Stop)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	shared, err := s.share(ln)
	require.NoError(t, err)
	require.True(t, shared)
	t.Cleanup(s.closeHalfOpen)
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	s.pollerOf(t, client)

	a, first, second := s.acceptors[0], &pause{}, &pause{}
	s.pause(a, time.Hour, first)
	s.Server.mu.Lock()
	s.unpause(a)
	s.Server.mu.Unlock()
	s.pause(a, time.Hour, second)
	s.timeUp(a, first)
	s.Server.mu.Lock()
	defer s.Server.mu.Unlock()
	assert.Same(t, second, a.paused)
}

func TestAServerWithoutPollersAccepts(t *testing.T) {
	s := newServer(Config{})
	s.poll(t, 1)
	s.UsePollers(nil)
	dial := s.serving(t, func(http.ResponseWriter, *http.Request) {})
	require.NoError(t, ask(t, dial()))
}

func TestAPanicOfNonBlockingEndsOnlyItsConnection(t *testing.T) {
	s := newServer(Config{NonBlocking: func(r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/panics") {
			panic("a bug")
		}
		return true
	}})
	dial := s.serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for path, want := range map[string]string{"/panics": "", "/": "HTTP/1.1 204 No Content"} {
		c := dial()
		_, err := io.WriteString(c, strings.Replace(plainHandshake, "GET /", "GET "+path, 1))
		require.NoError(t, err)
		answer, err := io.ReadAll(c)
		require.NoError(t, err)
		line, _, _ := strings.Cut(string(answer), "\r\n")
		assert.Equal(t, want, line, path)
	}
	require.Eventually(t, func() bool { return s.stillPending() == 0 }, soon, time.Millisecond)
}

func TestAConnectionThatEpollRefusesIsClosed(t *testing.T) {
	s := newServer(Config{})
	s.poll(t, 1)
	t.Cleanup(s.nb.Stop)
	file, err := os.CreateTemp(t.TempDir(), "") // epoll refuses files
	require.NoError(t, err)
	defer file.Close()
	own, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	require.Zero(t, s.reserve())
	require.ErrorIs(t, s.open(&conn{server: s.Server, nc: adopt.Conn(own)}, 0), unix.EPERM)
	assert.Zero(t, s.stillPending())
	_, err = unix.FcntlInt(uintptr(own), unix.F_GETFD, 0)
	assert.ErrorIs(t, err, unix.EBADF)
}
