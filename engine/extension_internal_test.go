package engine

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/codec/deflate"
	"plenum/codec/extension"
	"plenum/codec/frame"
)

// suffix is a Transform that appends a letter, count times.
type suffix struct {
	letter byte
	count  int
	from   int
}

func (s suffix) From() int { return s.from }

func (s suffix) Encode(dst, payload []byte) ([]byte, bool) {
	return append(append(dst, payload...), s.letters()...), true
}

func (s suffix) letters() string { return strings.Repeat(string(s.letter), s.count) }

var errSuffix = errors.New("the suffix is not there")

func (s suffix) Decode(dst, message []byte, limit int) ([]byte, error) {
	rest, ok := bytes.CutSuffix(message, []byte(s.letters()))
	switch {
	case !ok:
		return dst, errSuffix
	case len(rest) > limit:
		return dst, ErrTooBig
	}
	return append(dst, rest...), nil
}

// suffixing returns an Extension whose name is a letter. It appends the letter n times, with the parameter n of the
// offer; default: once.
func suffixing(letter, rsv byte, from int) Extension {
	return Extension{Name: string(letter), RSV: rsv, Accept: func(offer extension.Params) (Transform, extension.Params, bool) {
		if len(offer) == 0 {
			return suffix{letter, 1, from}, nil, true
		}
		n, err := strconv.Atoi(offer[0].Value)
		return suffix{letter, n, from}, offer, err == nil && offer[0].Name == "n"
	}}
}

// negotiatedLink returns a link whose client has made the offer and must have received the answer.
func negotiatedLink(t testing.TB, e *Engine, h Handler, offer, answer string) *link {
	t.Helper()
	l := pairUp(t, e, h)
	t.Cleanup(l.end)
	head, encoding := e.negotiate(nil, []string{offer})
	if answer != "" {
		answer = "Sec-WebSocket-Extensions: " + answer + "\r\n"
	}
	require.Equal(t, answer, string(head))
	l.encoding = encoding
	return l
}

func TestInvalidExtensionsAreRejected(t *testing.T) {
	good := suffixing('a', 0, 0)
	for want, all := range map[string][]Extension{
		"must be a token":                   {{Name: "a b", Accept: good.Accept}},
		"RSV must be 0, RSV1, RSV2 or RSV3": {{Name: "a", RSV: frame.RSV1 | frame.RSV2, Accept: good.Accept}},
		"not 0x80":                          {{Name: "a", RSV: 0x80, Accept: good.Accept}},
		"has no Accept function":            {{Name: "a"}},
		"two extensions are named A":        {good, {Name: "A", Accept: good.Accept}},
	} {
		_, err := New(Config{Extensions: all})
		assert.ErrorContains(t, err, want)
	}
}

func TestOffersAreAcceptedInTheClientsOrder(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{suffixing('a', 0, 0), suffixing('b', frame.RSV2, 0), suffixing('c', frame.RSV2, 0), Deflate(1)}})
	for offer, answer := range map[string]string{
		"a, b":                     "a, b",
		"B;n=2, a":                 "b; n=2, a",
		"b, c":                     "b", // both claim RSV2
		"c, b, a":                  "c, a",
		"b; x=1, c":                "c", // a declined offer does not claim the bit
		"a; n=x, a; n=3, a":        "a; n=3",
		"d":                        "",
		"b, permessage-deflate, a": "b, permessage-deflate; server_no_context_takeover; client_no_context_takeover, a",
	} {
		negotiatedLink(t, e, nopHandler{}, offer, answer)
	}
}

func TestEqualParametersShareOneEncoding(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{suffixing('a', 0, 0), suffixing('b', frame.RSV2, 0), Deflate(1)}})
	of := func(offer string) *Encoding {
		return negotiatedLink(t, e, nopHandler{}, offer, strings.ReplaceAll(offer, "B", "b")).Encoding()
	}
	ab := of("a, b; n=2")
	assert.Same(t, ab, of("a, b; n=2"))
	assert.Same(t, ab, of("a, B; n=2"))
	assert.NotSame(t, ab, of("b; n=2, a"), "the order matters")
	assert.NotSame(t, ab, of("a, b; n=3"))
	assert.NotSame(t, ab, of("a"))
	assert.Nil(t, of(""))
	window := func(bits string) *Encoding {
		return negotiatedLink(t, e, nopHandler{}, "permessage-deflate; server_max_window_bits="+bits, deflate.Offer+"; server_max_window_bits="+bits).Encoding()
	}
	assert.NotSame(t, window("14"), window("15"))
	assert.Same(t, window("15"), negotiatedLink(t, e, nopHandler{}, "permessage-deflate", deflate.Offer).Encoding())
}

func TestNewParametersBeyondMaxEncodingsAreDeclined(t *testing.T) {
	var log bytes.Buffer
	e := unstarted(t, Config{Extensions: []Extension{suffixing('a', 0, 0)}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	offer := func(n int) string { return "a; n=" + strconv.Itoa(n) }
	for n := range maxEncodings {
		negotiatedLink(t, e, nopHandler{}, offer(n), offer(n))
	}
	assert.Empty(t, log.String())
	negotiatedLink(t, e, nopHandler{}, offer(maxEncodings), "")
	negotiatedLink(t, e, nopHandler{}, offer(maxEncodings+1), "")
	assert.Equal(t, 1, strings.Count(log.String(), "declined"))
	negotiatedLink(t, e, nopHandler{}, offer(7), offer(7))
}

func TestAFrameIsEncodedByOneExtensionAfterTheOther(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{suffixing('a', 0, 0), suffixing('b', frame.RSV2, 4), suffixing('c', frame.RSV3, 6)}})
	for _, tc := range []struct{ offer, payload, wire string }{
		{"b", "xyz", "\x81\x03xyz"},
		{"b", "wxyz", "\xa1\x05wxyzb"},
		{"b, c", "wxyz", "\xa1\x05wxyzb"},
		{"b, c", "vwxyz", "\xb1\x07vwxyzbc"},
		{"c, b", "vwxyz", "\xa1\x06vwxyzb"},
		{"c, b", "uvwxyz", "\xb1\x08uvwxyzcb"},
		{"a, b", "xyz", "\xa1\x05xyzab"},
		{"a", "", "\x81\x01a"},
		{"b, a; n=200, c", "", "\x91\x7e\x00\xc9" + strings.Repeat("a", 200) + "c"},
	} {
		h := &recorder{}
		l := negotiatedLink(t, e, h, tc.offer, tc.offer)
		b := l.Encoding().AppendFrame([]byte("before"), frame.Text, []byte(tc.payload))
		require.Equal(t, "before"+tc.wire, string(b), tc.offer)
		require.NoError(t, l.Send(frame.Text, []byte(tc.payload)))
		require.Equal(t, tc.wire, string(l.received()), tc.offer)

		_, n, err := frame.ParseHeader([]byte(tc.wire))
		require.NoError(t, err)
		l.feed(maskedFrame(tc.wire[0], tc.wire[n:]))
		for cut := n; cut <= len(tc.wire); cut++ { // in two fragments
			l.feed(maskedFrame(tc.wire[0]&^0x80, tc.wire[n:cut]))
			l.feed(maskedFrame(0x80, tc.wire[cut:]))
			require.Equal(t, tc.payload, h.messages[len(h.messages)-1])
		}
		require.Len(t, h.messages, 2+len(tc.wire)-n)
		l.feed(maskedFrame(0x89, "ping"))
		require.Equal(t, tc.wire+"\x8a\x04ping", string(l.received()), "control frames are not encoded")
		require.Nil(t, l.in.partial)
	}
}

// RFC 6455 section 5.2: a reserved bit that was not negotiated fails the connection. A negotiated one is allowed only
// on the first frame of a message.
func TestAMessageThatAnExtensionCannotDecodeHasItsCloseCode(t *testing.T) {
	e := unstarted(t, Config{MaxMessage: 1000, Extensions: []Extension{suffixing('a', 0, 0), suffixing('b', frame.RSV2, 0), suffixing('c', frame.RSV3, 0)}})
	most := strings.Repeat("x", 1000)
	for _, tc := range []struct {
		offer string
		first byte
		body  string
		why   Refusal // numRefusals if the message is valid
	}{
		{"b", 0x81, "anything", numRefusals},
		{"b", 0xa1, "good b", numRefusals},
		{"b", 0xa1, "bad", BadExtension},
		{"b", 0xa1, "\xffb", BadUTF8},
		{"b", 0xa2, "\xffb", numRefusals},
		{"b", 0xa9, "b", BadReserved},
		{"b", 0xa0, "b", BadReserved},
		{"b", 0x91, "c", BadReserved},
		{"b", 0xb1, "b", BadReserved},
		{"b", 0xa1, most + "b", numRefusals},
		{"b", 0xa1, most + "xb", TooBig},
		{"b", 0x81, most + "b", TooBig},
		{"a", 0x81, "\xffa", BadUTF8},
		{"a", 0x81, "bad", BadExtension},
		{"a", 0x81, most + "a", numRefusals},
		{"a; n=79", 0x81, most + strings.Repeat("a", 79), numRefusals},
		{"a; n=80", 0x81, most + strings.Repeat("a", 80), TooBig},
		{"a, b; n=80, c", 0xb1, most + "a" + strings.Repeat("b", 80) + "c", numRefusals},
		{"a, b; n=80, c", 0xb1, most + "xa" + strings.Repeat("b", 80) + "c", TooBig},
		{"a, b; n=80, c", 0xb1, most + "a" + strings.Repeat("b", 79) + "c", BadExtension},
	} {
		refused := func() (n uint64) {
			if tc.why < numRefusals {
				n = e.refused[tc.why].Load()
			}
			return n
		}
		before := refused()
		h := &recorder{}
		l := negotiatedLink(t, e, h, tc.offer, tc.offer)
		l.feed(maskedFrame(tc.first, tc.body))
		if tc.why == numRefusals {
			assert.Len(t, h.messages, 1, "%s: %#x", tc.offer, tc.first)
			assert.Equal(t, phaseOpen, l.closing.phase.Load())
			continue
		}
		assert.Empty(t, h.messages)
		assert.Equal(t, before+1, refused(), "%s: %#x of %d bytes: %s", tc.offer, tc.first, len(tc.body), tc.why)
	}
}

// payloads draws payloads that compress well, badly and not at all, shorter and longer than any window.
func payloads() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		n := rapid.OneOf(rapid.IntRange(0, 600), rapid.IntRange(0, 80_000)).Draw(t, "n")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		letters := rapid.SampledFrom([]int{1, 2, 20, 256}).Draw(t, "letters")
		period := rapid.IntRange(1, n+1).Draw(t, "period") // the content repeats after this number of bytes
		b := make([]byte, n)
		for i := range b {
			if b[i] = byte(random.IntN(letters)); i >= period {
				b[i] = b[i-period]
			}
		}
		return b
	})
}

func TestAFrameIsDeflatedOnlyIfThatMakesItShorter(t *testing.T) {
	e := unstarted(t, Config{Extensions: []Extension{Deflate(0)}})
	rapid.Check(t, func(t *rapid.T) {
		payload, window := payloads().Draw(t, "payload"), rapid.Uint8Range(8, 15).Draw(t, "window")
		op := rapid.SampledFrom([]frame.Opcode{frame.Text, frame.Binary}).Draw(t, "op")
		deflated := deflate.Append(nil, payload, window)
		_, encoding := e.negotiate(nil, []string{"permessage-deflate; server_max_window_bits=" + strconv.Itoa(int(window))})

		b := encoding.AppendFrame([]byte("before"), op, payload)
		require.True(t, bytes.HasPrefix(b, []byte("before")))
		h, n, err := frame.ParseHeader(b[len("before"):])
		require.NoError(t, err)
		want, body := frame.Header{Fin: true, Opcode: op, Length: int64(len(payload))}, payload
		if len(deflated) < len(payload) {
			want.RSV, want.Length, body = frame.RSV1, int64(len(deflated)), deflated
		}
		require.Equal(t, want, h)
		require.Equal(t, string(body), string(b[len("before")+n:]))
	})
}

// RFC 7692 section 6: RSV1 marks a compressed message.
func TestOnlyCompressedMessagesHaveRSV1(t *testing.T) {
	e := negotiatedLink(t, unstarted(t, Config{Extensions: []Extension{Deflate(0)}}), nopHandler{}, deflate.Offer, deflate.Offer).Encoding()
	b := e.AppendFrame(nil, frame.Text, bytes.Repeat([]byte("Hello "), 100))
	assert.Equal(t, byte(0xc1), b[0])
	assert.Less(t, len(b), 40)
	assert.Equal(t, []byte("\x81\x05Hello"), e.AppendFrame(nil, frame.Text, []byte("Hello")))
	assert.Equal(t, []byte("\x82\x00"), e.AppendFrame(nil, frame.Binary, nil))
}

func BenchmarkAppendFrame(b *testing.B) {
	e := unstarted(b, Config{Extensions: []Extension{Deflate(0), suffixing('a', frame.RSV2, 0)}})
	for _, offer := range []string{"permessage-deflate", "permessage-deflate, a"} {
		_, encoding := e.negotiate(nil, []string{offer})
		for _, n := range []int{128, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("%s/bytes=%d", offer, n), func(b *testing.B) {
				payload, dst := bytes.Repeat([]byte("much the same, "), n/15), []byte{}
				b.ReportAllocs()
				b.SetBytes(int64(len(payload)))
				for b.Loop() {
					dst = encoding.AppendFrame(dst[:0], frame.Text, payload)
				}
			})
		}
	}
}
