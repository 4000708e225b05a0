package answer

import (
	"errors"
	"strings"

	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Error codes of the bus.
const (
	CodeBus      = "bus"       // no broker can be reached
	CodeUnknown  = "unknown"   // the connection to the brokers was lost, and the result of the request is not known
	CodeTooLarge = "too_large" // the message exceeds the brokers' size limit
)

// sent is the table of the errors of rooms, and of the bus, that clients receive. The bus is the connection to the
// brokers. If an error matches several entries, the first one counts.
var sent = [...]struct {
	err  error
	code string // empty: not an error from the bus
}{
	{rooms.ErrUnknown, CodeUnknown},
	{natsbus.ErrTooLarge, CodeTooLarge},
	{rooms.ErrBus, CodeBus},
	{rooms.ErrBacklog, ""},
	{rooms.ErrOverloaded, ""},
}

// BusCode returns the code of an error from the bus; "" for any other error.
func BusCode(err error) string {
	for _, s := range sent {
		if errors.Is(err, s.err) {
			return s.code
		}
	}
	return ""
}

// Text returns the text of an error for clients. For an error in the table, it leaves out the name of the package, and the
// texts of errors joined with it. Both mean nothing to a client.
func Text(err error) string {
	for _, s := range sent {
		if errors.Is(err, s.err) {
			_, text, _ := strings.Cut(s.err.Error(), ": ")
			return text
		}
	}
	return err.Error()
}
