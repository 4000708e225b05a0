//go:build !race

package engine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/frame"
)

// parrot answers each message.
type parrot struct{ deaf }

func (parrot) OnMessage(c *Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }

// listener answers each message, and notes what its peer has got by then.
type listener struct {
	*link
	got []int
}

func (*listener) OnOpen(*Conn)       {}
func (*listener) OnClose(*Conn, int) {}

func (h *listener) OnMessage(c *Conn, op frame.Opcode, data []byte) {
	_ = c.Send(op, data)
	h.got = append(h.got, len(h.hear()))
}

func TestAnswersToFramesThatCameAtOnceGoOutTogether(t *testing.T) {
	h := &listener{}
	h.link = pairUp(t, bench(t, Config{}), h)
	defer h.end()
	h.feed(bytes.Repeat(maskedFrame(0x82, "x"), 4))
	assert.Equal(t, []int{0, 0, 0, 0}, h.got)
	assert.Len(t, h.hear(), 4*3)
	h.feed(maskedFrame(0x82, "x"))
	assert.Equal(t, 5*3, h.got[4], "one that comes alone is answered at once")

	large := maskedFrame(0x82, string(make([]byte, maxCorked)))
	h.feed(bytes.Repeat(large, 2))
	assert.Greater(t, h.got[5], maxCorked, "no more is held than that")
}

func TestAnsweringManySmallMessagesAllocatesNothing(t *testing.T) {
	l := pairUp(t, bench(t, Config{}), parrot{})
	defer l.end()
	many := bytes.Repeat(maskedFrame(0x82, "x"), 100)
	buf := make([]byte, len(many))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		copy(buf, many)
		l.feed(buf)
		l.hear()
	}))
	assert.Nil(t, l.out.corked, "and keeps nothing")
}
