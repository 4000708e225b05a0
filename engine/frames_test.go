package engine_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/codec/frame"
	"plenum/engine"
)

// conversation returns the bytes of a client that sends every kind of frame, and the answers of an echo server.
func conversation() (sent []byte, answers []frameOf) {
	euro := "price: \u20ac, \U0001F600"
	send := func(first byte, payload string) { sent = append(sent, masked(first, payload)...) }
	expect := func(op frame.Opcode, payload string) { answers = append(answers, frameOf{op, payload}) }
	send(text, "hello")
	expect(frame.Text, "hello")
	send(text, "")
	expect(frame.Text, "")
	send(binary, "\x00\xff\xfe")
	expect(frame.Binary, "\x00\xff\xfe")
	send(openText, euro[:8]) // within the euro sign
	send(ping, "are you there")
	expect(frame.Pong, "are you there")
	send(more, "")
	send(more, euro[8:12])
	send(pong, "unasked for")
	send(ping, "")
	expect(frame.Pong, "")
	send(last, euro[12:])
	expect(frame.Text, euro)
	send(binary, strings.Repeat("b", 126))
	expect(frame.Binary, strings.Repeat("b", 126))
	send(openBin, "")
	send(last, "")
	expect(frame.Binary, "")
	send(ping, strings.Repeat("p", 125))
	expect(frame.Pong, strings.Repeat("p", 125))
	send(closing, closePayload(1000, "bye"))
	expect(frame.Close, closePayload(1000, ""))
	return sent, answers
}

type frameOf struct {
	op      frame.Opcode
	payload string
}

func (c *client) wantAll(answers []frameOf) {
	c.t.Helper()
	for _, a := range answers {
		c.want(a.op, a.payload)
	}
	c.wantEOF()
}

func TestConversationByteByByteIsTheSame(t *testing.T) {
	sent, answers := conversation()
	c := serve(t, engine.Config{}, echo).dial(t)
	for i := range sent {
		c.write(sent[i : i+1])
	}
	c.wantAll(answers)
}

func TestConversationInAnyPiecesIsTheSame(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	sent, answers := conversation()
	rapid.Check(t, func(rt *rapid.T) {
		c := s.dial(t)
		for rest := sent; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "n")
			c.write(rest[:n])
			rest = rest[n:]
		}
		c.wantAll(answers)
		_ = c.conn.Close()
	})
}

func TestMessageOfEverySizeClassIsEchoed(t *testing.T) {
	s := serve(t, engine.Config{MaxMessage: 1 << 20}, echo)
	c := s.dial(t)
	for _, n := range []int{0, 1, 125, 126, 127, 4096, 65535, 65536, 65537, 1 << 20} {
		c.wantEcho(strings.Repeat("m", n))
	}
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.ReceivedMessages] == 10 }, soon, poll)
}

// lengthOf writes a masked header with a length in 64 bits, no payload.
func lengthOf(first byte, n uint64) string {
	b := []byte{first, 0x80 | 127}
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(n>>shift))
	}
	return string(append(b, testKey[:]...))
}

// For each violation of the protocol, the server sends the close code, counts it once under its reason, and sends FIN. It
// handles no later bytes of that connection, and other connections are not affected.
func TestProtocolErrorsHaveTheirCloseCode(t *testing.T) {
	const limit = 1000
	m := func(first byte, payload string) string { return string(masked(first, payload)) }
	type violation struct {
		name, sent string
		why        engine.Refusal
		code       int
	}
	violations := []violation{
		{"unmasked text", "\x81\x02hi", engine.BadMask, 1002},
		{"unmasked empty ping", "\x89\x00", engine.BadMask, 1002},
		{"unmasked close", "\x88\x00", engine.BadMask, 1002},
		{"16 bits for 125", "\x82\xfe\x00\x7d" + string(testKey[:]), engine.BadLength, 1002},
		{"64 bits for 65535", lengthOf(binary, 65535), engine.BadLength, 1002},
		{"64-bit length", lengthOf(binary, 1<<63), engine.BadLength, 1002},
		{"all length bits", lengthOf(binary, math.MaxUint64), engine.BadLength, 1002},
		{"ping of 126 bytes", m(ping, strings.Repeat("p", 126)), engine.BadControl, 1002},
		{"close of 126 bytes", m(closing, closePayload(1000, "")+strings.Repeat("p", 124)), engine.BadControl, 1002},
		{"ping of 64 KiB, header alone", lengthOf(ping, 65536), engine.BadControl, 1002},
		{"ping in fragments", m(byte(frame.Ping), "p"), engine.BadControl, 1002},
		{"close in fragments", m(byte(frame.Close), ""), engine.BadControl, 1002},
		{"pong in fragments", m(byte(frame.Pong), ""), engine.BadControl, 1002},
		{"lone continuation", m(more, "x"), engine.BadSequence, 1002},
		{"lone last continuation", m(last, "x"), engine.BadSequence, 1002},
		{"continuation after the last", m(openText, "a") + m(last, "b") + m(last, "c"), engine.BadSequence, 1002},
		{"text within a text", m(openText, "a") + m(text, "b"), engine.BadSequence, 1002},
		{"binary begun within a text", m(openText, "") + m(openBin, ""), engine.BadSequence, 1002},
		{"one-byte close", m(closing, "\x03"), engine.BadClose, 1002},
		{"bad UTF-8", m(text, "caf\xe9!"), engine.BadUTF8, 1007},
		{"text that ends within a rune", m(text, "\xe2\x82"), engine.BadUTF8, 1007},
		{"surrogate", m(text, "\xed\xa0\x80"), engine.BadUTF8, 1007},
		{"over-long form", m(text, "\xc0\xaf"), engine.BadUTF8, 1007},
		{"beyond U+10FFFF", m(text, "\xf4\x90\x80\x80"), engine.BadUTF8, 1007},
		{"bad UTF-8 in the first fragment", m(openText, "\xff"), engine.BadUTF8, 1007},
		{"bad UTF-8 in a later fragment", m(openText, "ok") + m(more, "\x80"), engine.BadUTF8, 1007},
		{"rune cut by the last fragment", m(openText, "\xe2") + m(last, "\x82"), engine.BadUTF8, 1007},
		{"rune broken between fragments", m(openText, "\xe2") + m(pong, "") + m(more, "\x28"), engine.BadUTF8, 1007},
		{"first bad byte of half a frame", m(text, "abc\xff"+strings.Repeat("d", 200))[:4+4+4], engine.BadUTF8, 1007},
		{"bad UTF-8 in a close reason", m(closing, "\x03\xe8\xff"), engine.BadUTF8, 1007},
		{"too big, header alone", m(binary, strings.Repeat("x", limit+1))[:8], engine.TooBig, 1009},
		{"63-bit length", lengthOf(binary, math.MaxInt64), engine.TooBig, 1009},
		{"63-bit length in a continuation", m(openBin, "x") + lengthOf(more, math.MaxInt64), engine.TooBig, 1009},
		{"too big in fragments", m(openBin, strings.Repeat("x", limit-1)) + m(more, "y") + m(last, "z"), engine.TooBig, 1009},
	}
	for bit := byte(0x10); bit <= 0x40; bit <<= 1 {
		violations = append(violations, violation{fmt.Sprintf("reserved bit %x", bit), m(text|bit, "x"), engine.BadReserved, 1002})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf} {
		violations = append(violations, violation{fmt.Sprintf("opcode %x", op), m(fin|op, "x"), engine.BadOpcode, 1002})
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		violations = append(violations, violation{fmt.Sprint("close code ", code), m(closing, string([]byte{byte(code >> 8), byte(code)})), engine.BadClose, 1002})
	}

	j := newJournal()
	handlers := make(chan engine.Handler, 1)
	s := serve(t, engine.Config{MaxMessage: limit}, func() engine.Handler { return <-handlers })
	handlers <- echo()
	other := s.dial(t)
	other.send(openText, "begun, ")
	for _, f := range violations {
		t.Run(f.name, func(t *testing.T) {
			j = newJournal()
			handlers <- j
			before := s.Stats().Refused
			c := s.dial(t)
			c.send(text, "fine")
			c.write([]byte(f.sent))
			c.wantClose(f.code)
			other.send(ping, f.name)
			other.want(frame.Pong, f.name)
			_, err := c.conn.Write(masked(text, "dropped"))
			require.NoError(t, err)
			require.NoError(t, c.conn.Close())
			j.wantClosed(t, f.code)
			messages, _ := j.read()
			want := []string{"fine"}
			if f.name == "continuation after the last" {
				want = append(want, "ab")
			}
			assert.Equal(t, want, messages)
			after := s.Stats().Refused
			before[f.why]++
			assert.Equal(t, before, after, "counted once, under its reason")
		})
	}
	other.send(last, "and ended")
	other.want(frame.Text, "begun, and ended")
}

func TestValidCloseCodeIsEchoedWithoutItsReason(t *testing.T) {
	s := serve(t, engine.Config{}, echo)
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		c := s.dial(t)
		c.send(closing, closePayload(code, "a reason"))
		c.want(frame.Close, closePayload(code, ""))
		c.wantEOF()
	}
	c := s.dial(t)
	c.send(closing, "")
	c.want(frame.Close, "")
	c.wantEOF()
	require.Eventually(t, func() bool { return s.Stats().Counts[engine.Connections] == 0 }, soon, poll)
	assert.Equal(t, map[int]uint64{1000: 1, 1001: 1, 1002: 1, 1003: 1, 1005: 1, 1007: 1, 1008: 1, 1009: 1,
		1010: 1, 1011: 1, 1012: 1, 1013: 1, 1014: 1, 3000: 2, 4000: 2}, s.Stats().Closed)
	assert.Empty(t, s.Stats().Refused, "none of these is a protocol error")
}

// A peer sends many messages and then FIN while the poller is busy. All messages must be delivered before OnClose.
func TestBytesThatArrivedBeforeFINAreHandled(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	j := newJournal()
	var once sync.Once
	j.message = func(*engine.Conn, frame.Opcode, []byte) {
		once.Do(func() {
			close(entered)
			<-release
		})
	}
	s := serve(t, engine.Config{}, func() engine.Handler { return j })
	free := sync.OnceFunc(func() { close(release) })
	t.Cleanup(free)
	c := s.dial(t)
	want := []string{"first"}
	c.send(text, "first")
	<-entered
	var sent []byte
	for i := range 7_000 { // more than one read returns, less than the kernel buffers
		m := fmt.Sprint("message ", i)
		want = append(want, m)
		sent = append(sent, masked(text, m)...)
	}
	c.write(sent)
	require.NoError(t, c.conn.CloseWrite())
	free()
	j.wantClosed(t, 1006)
	messages, _ := j.read()
	require.Len(t, messages, len(want))
	require.Equal(t, want, messages)
}
