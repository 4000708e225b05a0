package fakeserver

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Wire is the way in which a server is reached: a version of TLS, or 0 for plain TCP.
type Wire uint16

const plain Wire = 0

// OverEachWire runs a test over plain TCP and over each version of TLS.
func OverEachWire(t *testing.T, test func(t *testing.T, w Wire)) {
	for name, w := range map[string]Wire{"plain": plain, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) { test(t, w) })
	}
}

// NoLog is an error log that discards everything, for servers whose clients fail on purpose.
var NoLog = log.New(io.Discard, "", 0)

// start starts a server that is reached by w, and returns its URL.
func (w Wire) start(t testing.TB, handler http.Handler) string {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = NoLog
	t.Cleanup(server.Close)
	if w == plain {
		server.Start()
		return strings.Replace(server.URL, "http", "ws", 1) + "/"
	}
	server.TLS = &tls.Config{MaxVersion: uint16(w)}
	server.StartTLS()
	return strings.Replace(server.URL, "http", "ws", 1) + "/"
}

// Identity returns the certificate of all servers of this package, for 127.0.0.1.
var Identity = sync.OnceValue(func() tls.Certificate {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := server.TLS.Certificates[0]
	own.Leaf = server.Certificate()
	return own
})

// compressing makes a server compress every message if the client has offered compression.
var compressing = websocket.AcceptOptions{CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1}

// Roots returns authorities that trust Identity.
func Roots() *x509.CertPool {
	known := x509.NewCertPool()
	known.AddCert(Identity().Leaf)
	return known
}
