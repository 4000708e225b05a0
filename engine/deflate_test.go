package engine_test

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/deflate"
	"plenum/codec/frame"
	"plenum/engine"
)

// rsv1 marks the first frame of a compressed message.
const rsv1 = byte(frame.RSV1)

func deflated(s string) string { return string(deflate.Append(nil, []byte(s), 15)) }

// serveDeflating runs an echo server that compresses messages of at least 64 bytes.
func serveDeflating(t *testing.T, cfg engine.Config) *server {
	t.Helper()
	cfg.Extensions = []engine.Extension{engine.Deflate(64)}
	return serve(t, cfg, echo)
}

// noise returns n bytes that cannot be compressed.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// dialOffering opens a WebSocket with the given offer of extensions and wants the given answer.
func (s *server) dialOffering(t *testing.T, offer, answer string) *client {
	t.Helper()
	c := s.connect(t)
	c.write([]byte(strings.TrimSuffix(handshake, "\r\n") + "Sec-WebSocket-Extensions: " + offer + "\r\n\r\n"))
	require.Equal(t, answer, c.response().Header.Get("Sec-WebSocket-Extensions"))
	return c
}

func (s *server) dialDeflating(t *testing.T) *client {
	t.Helper()
	return s.dialOffering(t, deflate.Offer, deflate.Offer)
}

// wantDeflated reads one compressed message and wants its payload.
func (c *client) wantDeflated(op frame.Opcode, payload string) {
	c.t.Helper()
	first, err := c.in.ReadByte()
	require.NoError(c.t, err)
	require.Equal(c.t, fin|rsv1|byte(op), first)
	head, err := c.in.Peek(9)
	require.NoError(c.t, err)
	h, n, err := frame.ParseHeader(append([]byte{first}, head...))
	require.NoError(c.t, err)
	_, _ = c.in.Discard(n - 1)
	message := make([]byte, h.Length)
	_, err = io.ReadFull(c.in, message)
	require.NoError(c.t, err)
	require.Less(c.t, len(message), len(payload))
	got, err := deflate.Inflate(nil, message, len(payload))
	require.NoError(c.t, err)
	require.Equal(c.t, abbreviated(payload), abbreviated(string(got)))
}

func TestDeflateIsNegotiatedWithoutContextTakeover(t *testing.T) {
	s := serveDeflating(t, engine.Config{})
	const answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, want := range map[string]string{
		"permessage-deflate":                                                             answer,
		"permessage-deflate; client_max_window_bits":                                     answer,
		"permessage-deflate; server_max_window_bits=10":                                  answer + "; server_max_window_bits=10",
		"permessage-deflate; server_max_window_bits=7, permessage-deflate":               answer,
		"permessage-deflate; unknown":                                                    "",
		"x-webkit-deflate-frame":                                                         "",
		"permessage-deflate; client_no_context_takeover; client_no_context_takeover=yes": "",
	} {
		c := s.dialOffering(t, offer, want)
		c.wantEcho("short")
		long := strings.Repeat("all about it, ", 500)
		c.send(text, long)
		if want == "" {
			c.want(frame.Text, long)
			continue
		}
		c.wantDeflated(frame.Text, long)
	}
}

func TestCompressedMessagesAreReadInAnyFragments(t *testing.T) {
	s := serveDeflating(t, engine.Config{})
	c := s.dialDeflating(t)
	long := strings.Repeat("price: \u20ac, ", 100)
	for _, message := range []string{"", "hello", long} {
		want := func(op frame.Opcode) {
			t.Helper()
			if len(message) < 64 {
				c.want(op, message)
				return
			}
			c.wantDeflated(op, message)
		}
		c.send(text|rsv1, deflated(message))
		want(frame.Text)
		c.send(binary|rsv1, deflated(message))
		want(frame.Binary)
		d := deflated(message)
		for cut := range d {
			c.send(openText|rsv1, d[:cut])
			c.send(ping, "between")
			c.send(more, "")
			c.send(last, d[cut:])
			c.want(frame.Pong, "between")
			want(frame.Text)
		}
		c.wantEcho("plain")
	}
}

func TestInvalidCompressedMessagesHaveTheirCloseCode(t *testing.T) {
	t.Parallel()
	s := serveDeflating(t, engine.Config{MaxMessage: 1 << 16})
	noise := noise(1<<16 + 1)
	for name, tc := range map[string]struct {
		send []byte
		code int
		why  engine.Refusal
	}{
		"continuation with RSV1": {append(masked(openText|rsv1, "x"), masked(last|rsv1, "y")...), 1002, engine.BadReserved},
		"control with RSV1":      {masked(ping|rsv1, ""), 1002, engine.BadReserved},
		"RSV2":                   {masked(text|0x20, "x"), 1002, engine.BadReserved},
		"RSV1 and RSV3":          {masked(text|rsv1|0x10, "x"), 1002, engine.BadReserved},
		"no deflate data":        {masked(text|rsv1, "\xff\xff\xff"), 1007, engine.BadDeflate},
		"a part of it":           {masked(text|rsv1, deflated(strings.Repeat("part ", 50))[:5]), 1007, engine.BadDeflate},
		"not UTF-8":              {masked(text|rsv1, deflated("\xc3\x28")), 1007, engine.BadUTF8},
		"a bomb":                 {masked(text|rsv1, deflated(strings.Repeat("0", 64<<20))[:1<<16]), 1009, engine.TooBig},
		"a byte too much":        {masked(binary|rsv1, deflated(string(noise))), 1009, engine.TooBig},
		"too long deflated":      {masked(binary|rsv1, strings.Repeat("0", 1<<17))[:20], 1009, engine.TooBig},
	} {
		before := s.refused(tc.why)
		c := s.dialDeflating(t)
		c.write(tc.send)
		c.wantClose(tc.code)
		assert.Equal(t, before+1, s.refused(tc.why), name)
	}
	c := s.dialDeflating(t)
	c.send(binary|rsv1, deflated(string(noise[:1<<16])))
	c.want(frame.Binary, string(noise[:1<<16]))
}

func TestWithoutDeflateRSV1IsAProtocolError(t *testing.T) {
	s := serveDeflating(t, engine.Config{})
	c := s.dial(t)
	c.send(text|rsv1, deflated("hello"))
	c.wantClose(1002)
}

func TestRateBytesCountsTheDecompressedSize(t *testing.T) {
	s := serveDeflating(t, engine.Config{MaxMessage: 1 << 16, Limits: engine.Limits{RateBytes: 1 << 16}})
	c := s.dialDeflating(t)
	c.send(binary|rsv1, deflated(string(noise(1<<16)))) // its frames have more bytes than that
	c.want(frame.Binary, string(noise(1<<16)))
	c = s.dialDeflating(t)
	zeros := strings.Repeat("0", 1<<16)
	c.send(text|rsv1, deflated(zeros))
	c.wantDeflated(frame.Text, zeros)
	c.send(text|rsv1, deflated(zeros))
	c.wantClose(1008)
}
