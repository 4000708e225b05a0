package routes

import (
	"fmt"
	"strings"

	"plenum/codec/frame"
	"plenum/engine"
)

// answerer is the handler of /echo and /hello. It sends a greeting, answers each text, and closes the connection
// after the text "bye".
type answerer struct {
	greeting, prefix, suffix, goodbye string
}

var (
	echo  = answerer{"Connected. Say something.", "You said: ", "", "Goodbye"}
	hello = answerer{"Please enter your name", "Hi, ", "!", "Client said BYE"}
)

// OnOpen sends the greeting.
func (a *answerer) OnOpen(c *engine.Conn) { _ = c.Send(frame.Text, []byte(a.greeting)) }

// OnMessage answers a text. It ignores binary messages.
func (a *answerer) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) {
	switch {
	case op != frame.Text:
	case strings.EqualFold(string(data), "bye"):
		_ = c.Close(frame.CloseNormal, a.goodbye)
	default:
		_ = c.Send(frame.Text, fmt.Appendf(nil, "%s%s%s", a.prefix, data, a.suffix))
	}
}

// OnClose does nothing.
func (*answerer) OnClose(*engine.Conn, int) {}

// rawEcho is the handler of /echo/raw. It sends each message back unchanged.
type rawEcho struct{}

// OnOpen does nothing.
func (rawEcho) OnOpen(*engine.Conn) {}

// OnMessage sends the message back.
func (rawEcho) OnMessage(c *engine.Conn, op frame.Opcode, data []byte) { _ = c.Send(op, data) }

// OnClose does nothing.
func (rawEcho) OnClose(*engine.Conn, int) {}
