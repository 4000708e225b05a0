package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/certificate"
)

// tlsRun is set while the tests are repeated over TLS.
var tlsRun tlsSuite

// tlsSuite is the repetition of the tests over TLS. Its zero value means that servers use no TLS.
type tlsSuite struct {
	flags []string // of all servers
	dir   string   // of the certificate
}

func (s *tlsSuite) begin() {
	if os.Getenv(tlsEnv) == "" {
		return
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "plenum-tls"); err != nil {
		panic(err)
	}
	c, err := certificate.Write(s.dir)
	if err != nil {
		panic(err)
	}
	s.flags = []string{"--tls-cert=" + c.Cert, "--tls-key=" + c.Key, "--compression=on", "--compression-min=1B"}
	http.DefaultTransport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: c.Roots}
}

// dialing returns the options with which clients connect.
func (s *tlsSuite) dialing() *websocket.DialOptions {
	if s.flags == nil {
		return nil
	}
	return &websocket.DialOptions{CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1}
}

func (s *tlsSuite) end() { _ = os.RemoveAll(s.dir) }

// rawConn is a connection to a server. socket is the TCP connection below it.
type rawConn struct {
	net.Conn
	socket *net.TCPConn
}

func dialSocket(t *testing.T, s *testServer) rawConn {
	t.Helper()
	conn, err := net.Dial("tcp", address(s.url))
	require.NoError(t, err)
	c := rawConn{conn, conn.(*net.TCPConn)}
	if strings.HasPrefix(s.url, "https:") {
		cfg := http.DefaultTransport.(*http.Transport).TLSClientConfig.Clone()
		cfg.ServerName = "127.0.0.1"
		c.Conn = tls.Client(conn, cfg)
	}
	return c
}

// TestThisHoldsOverTLSAndCompressed repeats the tests that do not call plainOnly.
func TestThisHoldsOverTLSAndCompressed(t *testing.T) {
	runSuite(t, tlsEnv)
}

// certified returns a new certificate.
func certified(t *testing.T) certificate.Files {
	t.Helper()
	c, err := certificate.Write(t.TempDir())
	require.NoError(t, err)
	return c
}

// startTLS starts a server with this certificate, and returns the configuration of a client.
func startTLS(t *testing.T, c certificate.Files) (*testServer, *tls.Config) {
	t.Helper()
	plainOnly(t, "the test has its own certificate")
	return start(t, "--tls-cert="+c.Cert, "--tls-key="+c.Key), &tls.Config{RootCAs: c.Roots}
}

// handshake performs a TLS handshake, and returns the negotiated parameters.
func handshake(s *testServer, cfg *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.Dial("tcp", address(s.url), cfg)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

func TestOldTLSVersionsAndWeakCiphersAreRefused(t *testing.T) {
	t.Parallel()
	s, trusting := startTLS(t, certified(t))
	good := map[uint16]bool{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: true,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true,
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		cfg := trusting.Clone()
		cfg.MaxVersion, cfg.CipherSuites = tls.VersionTLS12, []uint16{suite.ID}
		agreed, err := handshake(s, cfg)
		if good[suite.ID] {
			require.NoError(t, err, suite.Name)
			require.Equal(t, suite.ID, agreed.CipherSuite)
			continue
		}
		require.Error(t, err, suite.Name)
	}
	for version, accepted := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
	} {
		cfg := trusting.Clone()
		cfg.MinVersion, cfg.MaxVersion = version, version
		_, err := handshake(s, cfg)
		assert.Equal(t, accepted, err == nil, "%s: %v", tls.VersionName(version), err)
	}
	assert.NotEmpty(t, s.metric(t, `plenum_refused_total{reason="tls"}`))
}

// Over HTTP/2 the server could not take over the connections of event streams.
func TestOnlyHTTP1IsNegotiated(t *testing.T) {
	t.Parallel()
	s, cfg := startTLS(t, certified(t))
	cfg.NextProtos = []string{"h2", "http/1.1"}
	agreed, err := handshake(s, cfg)
	require.NoError(t, err)
	require.Equal(t, "http/1.1", agreed.NegotiatedProtocol)
}

func TestSIGHUPAppliesANewCertificateAndKeepsConnections(t *testing.T) {
	t.Parallel()
	files := certified(t)
	s, cfg := startTLS(t, files)
	dialer := &http.Client{Transport: &http.Transport{TLSClientConfig: cfg}}
	defer dialer.CloseIdleConnections()
	conn, _, err := websocket.Dial(t.Context(), s.url+"/echo/raw", &websocket.DialOptions{HTTPClient: dialer})
	require.NoError(t, err)
	inside := &client{t: t, conn: conn, ctx: t.Context()}
	reload := func(logged string) {
		t.Helper()
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Contains(s.log.String(), logged) }, wait, tick, "%s", s.log)
	}

	renewed := certified(t)
	require.NoError(t, os.Rename(renewed.Key, files.Key))
	reload("private key does not match public key")
	_, err = handshake(s, cfg)
	require.NoError(t, err, "the old certificate stays in use")

	require.NoError(t, os.Rename(renewed.Cert, files.Cert))
	reload(`level=INFO msg="settings: reloaded, changes are in effect" changed=[certificate]`)
	_, err = handshake(s, &tls.Config{RootCAs: renewed.Roots})
	require.NoError(t, err)
	_, err = handshake(s, cfg)
	require.ErrorAs(t, err, new(x509.UnknownAuthorityError))
	inside.sends("still here")
	inside.receives("still here")
	assert.NotEmpty(t, s.metric(t, "plenum_tls_certificate_not_after_seconds"))
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
}

func TestPlainHTTPOnATLSListenerGetsAnExplanation(t *testing.T) {
	t.Parallel()
	s, _ := startTLS(t, certified(t))
	resp, err := http.Get(strings.Replace(s.url, "https", "http", 1))
	require.NoError(t, err)
	status, body := read(t, resp)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "HTTPS server")
}
