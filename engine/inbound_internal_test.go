package engine

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"plenum/codec/frame"
)

const fuzzMaxMessage = 300

// outcome is the observable result of feeding bytes to a connection.
type outcome struct {
	ops      []frame.Opcode
	messages []string
	sent     []byte
	phase    uint32
	code     uint16
}

// feedPieces feeds data, cut at the given positions, and checks the memory bounds after each piece. Each piece is a copy,
// because feed unmasks in place.
func feedPieces(t require.TestingT, e *Engine, tb testing.TB, data []byte, cuts []int) outcome {
	h := &recorder{}
	l := pairUp(tb, e, h)
	defer l.end()
	from := 0
	for _, to := range append(slices.Clone(cuts), len(data)) {
		l.feed(bytes.Clone(data[from:to]))
		from = to
		if l.in.partial == nil {
			continue
		}
		require.LessOrEqual(t, len(l.in.partial.message), fuzzMaxMessage)
		require.LessOrEqual(t, cap(l.in.partial.message), keptMessage)
		require.LessOrEqual(t, l.in.partial.have, frame.MaxHeader)
	}
	sent := l.received()
	if l.out.held != nil {
		sent = append(sent, l.out.held.early...)
	}
	return outcome{h.ops, h.messages, sent, l.closing.phase.Load(), l.closing.code}
}

// everyKind returns frames of every kind, with a close frame and a message after it.
func everyKind() []byte {
	return slices.Concat(
		maskedFrame(0x81, "hello"), maskedFrame(0x82, ""), maskedFrame(0x01, "a\xe2"), maskedFrame(0x89, "ping"),
		maskedFrame(0x00, "\x82"), maskedFrame(0x8a, "pong"), maskedFrame(0x80, "\xac"), maskedFrame(0x02, ""),
		maskedFrame(0x80, ""), maskedFrame(0x81, string(bytes.Repeat([]byte("long"), 50))), maskedFrame(0x88, "\x03\xe8bye"),
		maskedFrame(0x81, "too late"))
}

func TestFramesCutAnywhereHaveTheSameOutcome(t *testing.T) {
	e := unstarted(t, Config{MaxMessage: fuzzMaxMessage})
	data := everyKind()
	whole := feedPieces(t, e, t, data, nil)
	require.Equal(t, []string{"hello", "", "a\u20ac", "", string(bytes.Repeat([]byte("long"), 50))}, whole.messages)
	require.Equal(t, "\x8a\x04ping\x88\x02\x03\xe8", string(whole.sent))
	for cut := range data {
		require.Equal(t, whole, feedPieces(t, e, t, data, []int{cut}), "cut at %d", cut)
	}
	single := make([]int, len(data))
	for i := range single {
		single[i] = i
	}
	require.Equal(t, whole, feedPieces(t, e, t, data, single))
}

func TestFramesInAnyPiecesHaveTheSameOutcome(t *testing.T) {
	e := unstarted(t, Config{MaxMessage: fuzzMaxMessage})
	rapid.Check(t, func(rt *rapid.T) {
		var data []byte
		for range rapid.IntRange(1, 12).Draw(rt, "frames") {
			first := rapid.SampledFrom([]byte{0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88, 0x83, 0xc1}).Draw(rt, "first")
			payload := rapid.OneOf(rapid.String(), rapid.StringN(0, 130, 200), rapid.SampledFrom([]string{"", "\xff", "\xe2\x82", "\x03\xe8"})).Draw(rt, "payload")
			data = append(data, maskedFrame(first, payload)...)
		}
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(data)), 0, 20).Draw(rt, "cuts")
		slices.Sort(cuts)
		require.Equal(rt, feedPieces(rt, e, t, data, nil), feedPieces(rt, e, t, data, cuts))
	})
}

// FuzzFrames feeds arbitrary bytes, whole and in pieces. There must be no panic, the outcome must be the same, and memory
// must be bounded.
func FuzzFrames(f *testing.F) {
	e := unstarted(f, Config{MaxMessage: fuzzMaxMessage})
	f.Add(everyKind(), uint64(0x0123456789abcdef))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 8<<10 {
			return
		}
		var cuts []int
		for at := 0; ; {
			seed = seed*6364136223846793005 + 1442695040888963407
			at += 1 + int(seed>>33)%(1+int(seed>>60)*8)
			if at >= len(data) {
				break
			}
			cuts = append(cuts, at)
		}
		require.Equal(t, feedPieces(t, e, t, data, nil), feedPieces(t, e, t, data, cuts))
	})
}

// nopHandler is a Handler that does nothing.
type nopHandler struct{}

func (nopHandler) OnOpen(*Conn)                          {}
func (nopHandler) OnMessage(*Conn, frame.Opcode, []byte) {}
func (nopHandler) OnClose(*Conn, int)                    {}

func TestReceivingASmallMessageAllocatesNothing(t *testing.T) {
	l := pairUp(t, unstarted(t, Config{}), nopHandler{})
	defer l.end()
	whole := maskedFrame(0x81, "a message of the usual kind, with an \u00e9 in it")
	buf := make([]byte, len(whole))
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		copy(buf, whole)
		l.feed(buf)
	}))
	assert.EqualValues(t, 1001, l.engine.counters.load(ReceivedMessages))
	assert.Nil(t, l.in.partial, "no buffer is kept")
}

func BenchmarkPingsOfOneRead(b *testing.B) {
	l := pairUp(b, unstarted(b, Config{}), nopHandler{})
	defer l.end()
	const n = 1000
	many := bytes.Repeat(maskedFrame(0x89, "p"), n)
	buf := make([]byte, len(many))
	for b.Loop() {
		copy(buf, many)
		l.feed(buf)
		l.received()
		l.got = l.got[:0]
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/ping")
}

func TestConnectionBetweenMessagesHoldsNoBuffer(t *testing.T) {
	l := pairUp(t, unstarted(t, Config{}), nopHandler{})
	defer l.end()
	data := everyKind()
	data = data[:bytes.Index(data, maskedFrame(0x88, "\x03\xe8bye"))]
	for i := range data {
		l.feed(bytes.Clone(data[i : i+1]))
	}
	assert.Nil(t, l.in.partial)
	l.feed(maskedFrame(0x01, "half"))
	assert.NotNil(t, l.in.partial)
	l.feed(maskedFrame(0x89, ""))
	assert.NotNil(t, l.in.partial, "a control frame between fragments does not end the message")
	l.feed(maskedFrame(0x80, ""))
	assert.Nil(t, l.in.partial)
}

// A large buffer must not stay in the pool.
func TestLargeBufferIsNotKept(t *testing.T) {
	in := &partial{message: make([]byte, 10, keptMessage+1), opcode: frame.Text, have: 3}
	in.release()
	assert.Equal(t, partial{}, *in)
	in = &partial{message: make([]byte, 10, keptMessage)}
	in.release()
	assert.Equal(t, keptMessage, cap(in.message))
	assert.Empty(t, in.message)
}

func TestAnIncompleteFrameUsesMemoryOnlyForReceivedBytes(t *testing.T) {
	l := pairUp(t, unstarted(t, Config{MaxMessage: 1 << 30}), nopHandler{})
	defer l.end()
	whole := maskedFrame(0x82, string(make([]byte, 1<<20)))
	for i := range whole[:1000] {
		l.feed(whole[i : i+1])
	}
	assert.LessOrEqual(t, cap(l.in.partial.message), keptMessage)
}

func TestMaxMessageAlsoBoundsMessagesOfTinyFragments(t *testing.T) {
	h := &recorder{}
	l := pairUp(t, unstarted(t, Config{MaxMessage: fuzzMaxMessage}), h)
	defer l.end()
	l.feed(maskedFrame(0x02, ""))
	for range 100_000 {
		l.feed(maskedFrame(0x00, ""))
	}
	assert.LessOrEqual(t, cap(l.in.partial.message), keptMessage)
	for range fuzzMaxMessage {
		l.feed(maskedFrame(0x00, "x"))
	}
	assert.Equal(t, phaseOpen, l.closing.phase.Load())
	l.feed(maskedFrame(0x00, "x"))
	assert.Equal(t, phaseFinDue, l.closing.phase.Load())
	assert.EqualValues(t, 1, l.engine.refused[TooBig].Load())
	assert.Empty(t, h.messages)
}

// closesDuringMessage is a Handler whose socket is closed during OnMessage.
type closesDuringMessage struct {
	link  *link
	calls []string
}

func (h *closesDuringMessage) OnOpen(*Conn) {}

func (h *closesDuringMessage) OnMessage(*Conn, frame.Opcode, []byte) {
	h.calls = append(h.calls, "message begins")
	_ = h.link.socket.nb.Close()
	h.link.onClosed()
	h.calls = append(h.calls, "message ends")
}

func (h *closesDuringMessage) OnClose(*Conn, int) { h.calls = append(h.calls, "close") }

func TestOnCloseWaitsForTheOnMessageThatIsRunning(t *testing.T) {
	h := &closesDuringMessage{}
	h.link = pairUp(t, unstarted(t, Config{}), h)
	defer h.link.end()
	h.link.reader.take(h.link.Conn, maskedFrame(0x81, "x"), true)
	h.link.reader.take(h.link.Conn, maskedFrame(0x81, "after the end"), true)
	assert.Equal(t, []string{"message begins", "message ends", "close"}, h.calls)
}
