package answer

import (
	"errors"

	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Error codes of a cluster.
const (
	CodeBus      = "bus"       // no broker can be reached
	CodeUnknown  = "unknown"   // the connection to the brokers was lost, and the result of the request is not known
	CodeTooLarge = "too_large" // the message exceeds the brokers' size limit
)

// BusCode returns the code of an error from the bus, which is the connection to the brokers; "" for any other error.
func BusCode(err error) string {
	switch {
	case errors.Is(err, rooms.ErrUnknown):
		return CodeUnknown
	case errors.Is(err, natsbus.ErrTooLarge):
		return CodeTooLarge
	case errors.Is(err, rooms.ErrBus):
		return CodeBus
	}
	return ""
}
