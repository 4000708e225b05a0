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
	assert.Nil(t, l.held, "and keeps nothing")
}
