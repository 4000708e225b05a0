package routes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"plenum/codec/frame"
	"plenum/rooms"
)

// busAway tells whether err is that a room needs the bus, and it is away.
func busAway(err error) bool { return errors.Is(err, rooms.ErrBus) }

// later closes a client whose room cannot be opened, which is to come back in a while.
func later() (code int, reason string) {
	wait := time.Second + rand.N(4*time.Second)
	return frame.CloseTryAgain, fmt.Sprintf("The bus is away; retry in %d ms", wait.Milliseconds())
}

// retryIn is the reason of a close with 1012.
const retryIn = "Restarting; retry in %d ms"

// Farewell returns the close code and reason for a client that is to come back to a restarted
// server after so long.
func Farewell(back time.Duration) (code int, reason string) {
	return frame.CloseRestart, fmt.Sprintf(retryIn, back.Milliseconds())
}
