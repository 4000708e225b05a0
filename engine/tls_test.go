package engine_test

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// tlsEnv has the whole suite speak TLS.
const tlsEnv = "PLENUM_TEST_TLS"

var overTLS = os.Getenv(tlsEnv) != ""

// plainOnly skips a test of what is not the same over TLS, for the reason given.
func plainOnly(t testing.TB, why string) {
	t.Helper()
	if overTLS {
		t.Skip(why)
	}
}

// The server's certificate, and what its clients trust: those of httptest.
var serverTLS, clientTLS = certificate()

func certificate() (server, client *tls.Config) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

// scheme is of the pages that are of the server's own origin.
func scheme() string {
	if overTLS {
		return "https"
	}
	return "http"
}

// peer is a client's end of a connection, plain or by TLS.
type peer struct {
	net.Conn
	tcp *net.TCPConn
}

func newPeer(nc net.Conn) *peer {
	p := &peer{nc, nc.(*net.TCPConn)}
	if overTLS {
		p.Conn = tls.Client(nc, clientTLS)
	}
	return p
}

// CloseWrite sends FIN, behind a close_notify where it is TLS.
func (p *peer) CloseWrite() error {
	if t, ok := p.Conn.(*tls.Conn); ok {
		_ = t.CloseWrite() // before the handshake there is none
	}
	return p.tcp.CloseWrite()
}

func (p *peer) SetLinger(seconds int) error { return p.tcp.SetLinger(seconds) }

func (p *peer) SetNoDelay(on bool) error { return p.tcp.SetNoDelay(on) }

func TestAllOfThisHoldsOverTLS(t *testing.T) {
	plainOnly(t, "it is this")
	cmd := exec.Command(os.Args[0], "-test.count=1", "-test.parallel="+flag.Lookup("test.parallel").Value.String())
	cmd.Env = append(os.Environ(), tlsEnv+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}
