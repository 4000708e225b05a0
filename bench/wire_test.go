package bench

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

// wire is a way to a server: plain, or by a version of TLS.
type wire uint16

const plain wire = 0

// overEach tells a story that is the same on every wire.
func overEach(t *testing.T, story func(t *testing.T, w wire)) {
	for name, w := range map[string]wire{"plain": plain, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) { story(t, w) })
	}
}

// silent is for servers: what a client of a test does to them is meant.
var silent = log.New(io.Discard, "", 0)

// start starts a server there, whose URL it returns.
func (w wire) start(t testing.TB, handler http.Handler) string {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = silent
	t.Cleanup(server.Close)
	if w == plain {
		server.Start()
		return strings.Replace(server.URL, "http", "ws", 1) + "/"
	}
	server.TLS = &tls.Config{MaxVersion: uint16(w)}
	server.StartTLS()
	return strings.Replace(server.URL, "http", "ws", 1) + "/"
}

// identity is the certificate of every server that start starts, for 127.0.0.1.
var identity = sync.OnceValue(func() tls.Certificate {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	own := server.TLS.Certificates[0]
	own.Leaf = server.Certificate()
	return own
})

// compressing has a server deflate every message to who has offered that.
var compressing = websocket.AcceptOptions{CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1}

// roots are the authorities of a client that knows it.
func roots() *x509.CertPool {
	known := x509.NewCertPool()
	known.AddCert(identity().Leaf)
	return known
}
