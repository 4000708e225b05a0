package engine_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/codec/frame"
	"plenum/engine"
)

// owner is a Handler with its Conn in it.
type owner struct {
	engine.Conn
	closed chan int
}

func (o *owner) OnOpen(c *engine.Conn) { _ = o.Send(frame.Text, []byte(sameness[c == &o.Conn])) }

func (o *owner) OnMessage(_ *engine.Conn, op frame.Opcode, data []byte) { _ = o.Send(op, data) }

func (o *owner) OnClose(_ *engine.Conn, code int) { o.closed <- code }

var sameness = map[bool]string{false: "another Conn", true: "the given Conn"}

func TestAConnIsAFieldOfItsHandlerForOneConnection(t *testing.T) {
	var s *server
	o, panics := &owner{closed: make(chan int, 1)}, make(chan any, 1)
	s = serveRoutes(t, listen(t, 0), engine.Config{}, func(w http.ResponseWriter, r *http.Request) {
		defer func() { panics <- recover() }()
		_ = s.Upgrade(w, r, &o.Conn, o)
	})
	c := s.dial(t)
	c.want(frame.Text, "the given Conn")
	c.wantEcho("hello")
	assert.Nil(t, <-panics)
	c.send(closing, "")
	c.wantClose(frame.CloseNoStatus)
	assert.Equal(t, frame.CloseNoStatus, <-o.closed)

	second := s.connect(t)
	second.write([]byte(handshake))
	assert.Contains(t, <-panics, "second time")
}
