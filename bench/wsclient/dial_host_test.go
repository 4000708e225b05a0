package wsclient

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

// echoAt starts a server at an address, and returns its host and port. The server sends the Host header of each request to
// the channel.
func echoAt(t *testing.T, address string) (at string, hosts <-chan string) {
	headers := make(chan string, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers <- r.Host
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			fakeserver.Echo(r.Context(), conn)
		}
	}))
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err)
	}
	server.Listener.Close()
	server.Listener, server.Config.ErrorLog = listener, fakeserver.NoLog
	t.Cleanup(server.Close)
	server.Start()
	return listener.Addr().String(), headers
}

func TestAHostNameIsSentToTheServer(t *testing.T) {
	at, hosts := echoAt(t, "127.0.0.1:0")
	r := newRecorder(t, Config{Loops: 1, Addresses: map[string]netip.AddrPort{
		"chat.example.org":      netip.MustParseAddrPort(at),
		"chat.example.org:8080": netip.MustParseAddrPort(at),
	}})
	for _, host := range []string{"chat.example.org", "chat.example.org:8080", at} {
		_, err := r.Dial(fakeserver.Context(t), "ws://"+host+"/", 0)
		require.NoError(t, err)
		assert.Equal(t, host, fakeserver.Next(t, hosts))
	}
	_, err := r.Dial(fakeserver.Context(t), "ws://chat.example.org:8081/", 0)
	assert.ErrorContains(t, err, "bench: dial ws://chat.example.org:8081/: the host name is not resolved")
}

// A name may lead to an address at which the server does not listen.
func TestTheErrorOfADialNamesTheAddressOfAHostName(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed.Close()
	at := closed.Addr().String()
	r := newRecorder(t, Config{Loops: 1, Addresses: map[string]netip.AddrPort{"chat.example.org": netip.MustParseAddrPort(at)}})
	for _, scheme := range []string{"ws://", "wss://"} {
		_, err = r.Dial(fakeserver.Context(t), scheme+"chat.example.org/", 0)
		assert.ErrorContains(t, err, "bench: dial "+scheme+"chat.example.org/ at "+at+": ")
		_, err = r.Dial(fakeserver.Context(t), scheme+at+"/", 0)
		assert.ErrorContains(t, err, "bench: dial "+scheme+at+"/: ")
	}
}

// The certificate of the fake servers names example.com.
func TestACertificateMustNameTheHost(t *testing.T) {
	names := make(chan string, 10)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = fakeserver.NoLog
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, nil
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	r := newRecorder(t, Config{Loops: 1, Addresses: map[string]netip.AddrPort{"example.com": at, "example.org": at}})

	_, err := r.Dial(fakeserver.Context(t), "wss://example.com/", 0)
	assert.ErrorContains(t, err, "404 Not Found", "after the TLS handshake")
	assert.Equal(t, "example.com", fakeserver.Next(t, names))
	_, err = r.Dial(fakeserver.Context(t), "wss://example.org/", 0)
	assert.ErrorContains(t, err, "certificate is valid for example.com, *.example.com, not example.org")
}

func TestAnIPv6AddressIsDialed(t *testing.T) {
	at, hosts := echoAt(t, "[::1]:0")
	r := newRecorder(t, Config{Loops: 1})
	c, err := r.Dial(fakeserver.Context(t), "ws://"+at+"/", 0)
	require.NoError(t, err)
	assert.Equal(t, at, fakeserver.Next(t, hosts))
	require.NoError(t, c.Send([]byte("hello")))
	assert.Equal(t, "hello", fakeserver.Next(t, r.messages).payload)
}
