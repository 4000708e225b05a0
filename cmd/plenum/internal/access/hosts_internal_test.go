package access

import (
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Without a port the Host has the default one.
func TestTheDefaultPortOfAForeignHostMayBeTheListeners(t *testing.T) {
	g := New(slog.New(slog.DiscardHandler))
	r := &http.Request{Host: "evil.example"}
	assert.False(t, g.isOwnHost(r, "80"))
	assert.True(t, g.isOwnHost(r, "443"))
	assert.True(t, g.isOwnHost(&http.Request{}, "80"), "no browser leaves it out")
	r.Host = "evil.example:0080"
	assert.False(t, g.isOwnHost(r, "80"))
}

func TestAListenerWithoutAnIPAddressTakesAnyHost(t *testing.T) {
	h := http.NotFoundHandler()
	assert.IsType(t, h, New(slog.New(slog.DiscardHandler)).OwnHosts(&net.UnixAddr{Name: "/run/plenum.sock", Net: "unix"}, h))
}

func TestARequestFromAContainersHostIsNotLocal(t *testing.T) {
	r := &http.Request{Host: "localhost:8080", RemoteAddr: "172.17.0.1:40000"}
	assert.Equal(t, "this request came from 172.17.0.1:40000, which is no loopback address", NotLocal(r))
	r.RemoteAddr = "[::1]:40000"
	assert.Empty(t, NotLocal(r))
}
