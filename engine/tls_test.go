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

// tlsEnv is the environment variable that makes the whole suite use TLS.
const tlsEnv = "PLENUM_TEST_TLS"

var overTLS = os.Getenv(tlsEnv) != ""

// plainOnly skips a test over TLS, for the reason why.
func plainOnly(t testing.TB, why string) {
	t.Helper()
	if overTLS {
		t.Skip(why)
	}
}

// The TLS configurations of the server and of its clients. The certificate is that of httptest.
var serverTLS, clientTLS = certificate()

func certificate() (server, client *tls.Config) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

// scheme returns the scheme of the server's own origin.
func scheme() string {
	if overTLS {
		return "https"
	}
	return "http"
}

// peer is the client's end of a connection, plain or with TLS.
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

// CloseWrite sends FIN, with TLS after a close_notify.
func (p *peer) CloseWrite() error {
	if t, ok := p.Conn.(*tls.Conn); ok {
		_ = t.CloseWrite() // fails before the handshake
	}
	return p.tcp.CloseWrite()
}

func (p *peer) SetLinger(seconds int) error { return p.tcp.SetLinger(seconds) }

func (p *peer) SetNoDelay(on bool) error { return p.tcp.SetNoDelay(on) }

func TestTheWholeSuitePassesOverTLS(t *testing.T) {
	plainOnly(t, "this is the run over TLS")
	cmd := exec.Command(os.Args[0], "-test.count=1", "-test.parallel="+flag.Lookup("test.parallel").Value.String())
	cmd.Env = append(os.Environ(), tlsEnv+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}
