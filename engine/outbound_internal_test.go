//go:build !race

package engine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/frame"
)

// echoHandler sends each message back.
type echoHandler struct{ nopHandler }

func (echoHandler) OnMessage(c *Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }

// answerRecorder sends each message back, and records how many bytes its peer has received by then.
type answerRecorder struct {
	*link
	got []int
}

func (*answerRecorder) OnOpen(*Conn)       {}
func (*answerRecorder) OnClose(*Conn, int) {}

func (h *answerRecorder) OnMessage(c *Conn, op frame.Opcode, data []byte) {
	_ = c.Send(op, data)
	h.got = append(h.got, len(h.received()))
}

func TestAnswersToFramesThatArrivedTogetherAreWrittenTogether(t *testing.T) {
	h := &answerRecorder{}
	h.link = pairUp(t, unstarted(t, Config{}), h)
	defer h.end()
	h.feed(bytes.Repeat(maskedFrame(0x82, "x"), 4))
	assert.Equal(t, []int{0, 0, 0, 0}, h.got)
	assert.Len(t, h.received(), 4*3)
	h.feed(maskedFrame(0x82, "x"))
	assert.Equal(t, 5*3, h.got[4], "a frame that arrives alone is answered immediately")

	large := maskedFrame(0x82, string(make([]byte, maxCorked)))
	h.feed(bytes.Repeat(large, 2))
	assert.Greater(t, h.got[5], maxCorked, "at maxCorked bytes, the collected bytes are written")
}

func TestAnsweringManySmallMessagesAllocatesNothing(t *testing.T) {
	l := pairUp(t, unstarted(t, Config{}), echoHandler{})
	defer l.end()
	many := bytes.Repeat(maskedFrame(0x82, "x"), 100)
	buf := make([]byte, len(many))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		copy(buf, many)
		l.feed(buf)
		l.received()
	}))
	assert.Nil(t, l.out.held, "no buffer is kept")
}
