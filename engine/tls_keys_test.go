package engine_test

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	be "encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/frame"
	"plenum/engine"
)

// sealer encrypts the records of a TLS 1.3 client whose handshake crypto/tls has done. It can send key updates, which
// crypto/tls cannot (RFC 8446 sections 5.2, 7.1 and 7.2).
type sealer struct {
	t      *testing.T
	secret []byte
	seq    uint64 // sequence number of the next record
}

// takeOver opens a WebSocket and returns a sealer that continues after the one record that crypto/tls has sent.
func takeOver(t *testing.T, s *server) (*client, *sealer) {
	t.Helper()
	var keys bytes.Buffer
	cfg := clientTLS.Clone()
	cfg.MinVersion, cfg.KeyLogWriter = tls.VersionTLS13, &keys
	c := s.connectBuffered(t, 4<<10)
	c.conn.Conn = tls.Client(c.conn.tcp, cfg)
	c.in = bufio.NewReader(c.conn)
	c.upgrade()
	require.Equal(t, tls.TLS_AES_128_GCM_SHA256, c.conn.Conn.(*tls.Conn).ConnectionState().CipherSuite)
	for line := range strings.Lines(keys.String()) {
		if f := strings.Fields(line); f[0] == "CLIENT_TRAFFIC_SECRET_0" {
			secret, err := hex.DecodeString(f[2])
			require.NoError(t, err)
			return c, &sealer{t, secret, 1}
		}
	}
	require.Fail(t, "no secret")
	return nil, nil
}

func (s *sealer) expand(label string, n int) []byte {
	info := append([]byte{0, byte(n), byte(len("tls13 " + label))}, "tls13 "+label+"\x00"...)
	out, err := hkdf.Expand(sha256.New, s.secret, string(info), n)
	require.NoError(s.t, err)
	return out
}

// record appends a record with a content type.
func (s *sealer) record(dst []byte, kind byte, content []byte) []byte {
	block, err := aes.NewCipher(s.expand("key", 16))
	require.NoError(s.t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(s.t, err)
	nonce := s.expand("iv", 12)
	be.BigEndian.PutUint64(nonce[4:], be.BigEndian.Uint64(nonce[4:])^s.seq)
	s.seq++
	inner := append(bytes.Clone(content), kind)
	head := be.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(inner)+aead.Overhead()))
	return append(append(dst, head...), aead.Seal(nil, nonce, inner, head)...)
}

func (s *sealer) data(dst, content []byte) []byte { return s.record(dst, 23, content) }

// newKey appends a KeyUpdate that requests one in return (section 4.6.3).
func (s *sealer) newKey(dst []byte) []byte {
	dst = s.record(dst, 22, []byte{24, 0, 0, 1, 1})
	s.secret, s.seq = s.expand("traffic upd", sha256.Size), 0
	return dst
}

func TestKeyUpdatesAreAppliedAndAnswered(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	s := serve(t, engine.Config{TLS: serverTLS}, echo)
	c, keys := takeOver(t, s)
	for _, message := range []string{"one", "two", "three"} {
		out := keys.newKey(nil)
		out = keys.data(out, masked(text, message))
		_, err := c.conn.tcp.Write(out)
		require.NoError(t, err)
		c.want(frame.Text, message)
	}
}

// The answers to key updates are queued. MaxBacklog must bound them too.
func TestAClientThatSendsKeyUpdatesAndNeverReadsIsClosedAtMaxBacklog(t *testing.T) {
	plainOnly(t, "it sets up TLS itself")
	j := newJournal()
	s := serveOn(t, listen(t, 4<<10), engine.Config{TLS: serverTLS, MaxBacklog: 64 << 10}, func() engine.Handler { return j })
	c, keys := takeOver(t, s)
	for range 200 {
		var out []byte
		for i := range 1000 {
			if i%15 == 0 { // crypto/tls accepts at most 16 key updates without data between them
				out = keys.data(out, masked(pong, ""))
			}
			out = keys.newKey(out)
		}
		if _, err := c.conn.tcp.Write(out); err != nil {
			break
		}
	}
	j.wantClosed(t, frame.CloseTryAgain)
	assert.EqualValues(t, 1, s.refused(engine.TooSlow))
}
