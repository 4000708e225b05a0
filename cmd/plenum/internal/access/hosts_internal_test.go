package access

import (
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAForeignHostWithoutAPortIsRefusedIfTheListenerHasTheDefaultPort(t *testing.T) {
	g := New(slog.New(slog.DiscardHandler))
	r := &http.Request{Host: "evil.example"}
	assert.False(t, g.isOwnHost(r, "80"))
	assert.True(t, g.isOwnHost(r, "443"))
	assert.True(t, g.isOwnHost(&http.Request{}, "80"), "browsers always send a Host")
	r.Host = "evil.example:0080"
	assert.False(t, g.isOwnHost(r, "80"))
}

func TestAListenerWithoutAnIPAddressAllowsAnyHost(t *testing.T) {
	h := http.NotFoundHandler()
	assert.IsType(t, h, New(slog.New(slog.DiscardHandler)).OwnHosts(&net.UnixAddr{Name: "/run/plenum.sock", Net: "unix"}, h))
}

func TestARequestFromTheHostOfAContainerIsNotLocal(t *testing.T) {
	r := &http.Request{Host: "localhost:8080", RemoteAddr: "172.17.0.1:40000"}
	assert.Equal(t, "this request came from 172.17.0.1:40000, which is not a loopback address", NotLocal(r))
	r.RemoteAddr = "[::1]:40000"
	assert.Empty(t, NotLocal(r))
}
