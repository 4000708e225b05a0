package routes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// closeRefused closes a connection with code 1008 and counts it.
func (rt *Routes) closeRefused(c *engine.Conn, why access.Refusal) {
	if c.Close(frame.ClosePolicy, string(why)) == nil {
		rt.cfg.Guard.CountRefused(why)
	}
}

// closeUnjoined closes the connection of a client that could not join its room because of err.
func (rt *Routes) closeUnjoined(c *engine.Conn, err error) {
	if isBusAway(err) {
		closeBusAway(c)
		return
	}
	rt.closeRefused(c, access.TooManyRooms)
}

// closeBusAway closes the connection of a client whose room cannot be opened without the brokers. The reason asks
// the client to reconnect after a random delay of 1 to 5 seconds.
func closeBusAway(c *engine.Conn) {
	wait := time.Second + rand.N(4*time.Second)
	_ = c.Close(frame.CloseTryAgain, fmt.Sprintf("The bus is away; retry in %d ms", wait.Milliseconds()))
}

// isBusAway reports whether err means that a room cannot be opened or joined without the brokers.
func isBusAway(err error) bool { return errors.Is(err, rooms.ErrBus) }

// refusing returns a handler that closes its connection with code 1008.
func (rt *Routes) refusing(why access.Refusal) engine.Handler {
	return closer(func(c *engine.Conn) { rt.closeRefused(c, why) })
}

// closer is a handler that closes its connection as soon as the connection is open.
type closer func(*engine.Conn)

// OnOpen closes the connection.
func (f closer) OnOpen(c *engine.Conn) { f(c) }

// OnMessage is never called, because the connection is closing.
func (closer) OnMessage(*engine.Conn, frame.Opcode, []byte) {}

// OnClose does nothing.
func (closer) OnClose(*engine.Conn, int) {}

// Farewell returns the close status of a server that restarts. Clients are to reconnect after retry.
func Farewell(retry time.Duration) engine.CloseStatus {
	return engine.CloseStatus{Code: frame.CloseRestart, Reason: fmt.Sprintf("Restarting; retry in %d ms", retry.Milliseconds()), Retry: retry}
}
