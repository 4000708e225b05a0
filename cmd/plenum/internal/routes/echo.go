package routes

import (
	"fmt"
	"strings"

	"plenum/codec/frame"
	"plenum/engine"
)

// answerer is a route that greets, answers each text, and closes after the text bye: /echo and /hello.
type answerer struct {
	greeting, prefix, suffix, goodbye string
}

var (
	echo  = answerer{"Connected. Say something.", "You said: ", "", "Goodbye"}
	hello = answerer{"Please enter your name", "Hi, ", "!", "Client said BYE"}
)

// OnOpen greets.
func (a *answerer) OnOpen(c *engine.Conn) { _ = c.Send(frame.Text, []byte(a.greeting)) }

// OnMessage answers a text. A binary message is ignored.
func (a *answerer) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	switch {
	case op != frame.Text:
	case strings.EqualFold(string(data), "bye"):
		_ = c.Close(frame.CloseNormal, a.goodbye)
	default:
		_ = c.Send(frame.Text, fmt.Appendf(nil, "%s%s%s", a.prefix, data, a.suffix))
	}
}

// OnClose has nothing to undo.
func (*answerer) OnClose(*engine.Conn, int) {}

// rawEcho returns each message unchanged: /echo/raw.
type rawEcho struct{}

// OnOpen says nothing.
func (rawEcho) OnOpen(*engine.Conn) {}

// OnMessage returns the message.
func (rawEcho) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }

// OnClose has nothing to undo.
func (rawEcho) OnClose(*engine.Conn, int) {}
