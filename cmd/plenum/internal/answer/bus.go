package answer

import (
	"errors"

	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Codes of the errors of a cluster.
const (
	CodeBus      = "bus"       // the brokers are away
	CodeUnknown  = "unknown"   // they went away, and whether it was done is not known
	CodeTooLarge = "too_large" // they take no message of that size
)

// BusCode returns the code of an error of a cluster; "" for any other error.
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
