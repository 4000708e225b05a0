package channels

import (
	"plenum/codec/frame"
	"plenum/engine"
)

// The close codes of the protocol that are used here. After a code below 4100, a client never reconnects. After 4100 it
// reconnects one second later, and after 4200 and 4201 at once.
const (
	codeUnknownApp     = 4001
	codeProtocolFormat = 4006
	codeProtocol       = 4007
	codeNoProtocol     = 4008
	codeUnauthorized   = 4009
	codeOverCapacity   = 4100
	codeReconnect      = 4200
	codePongMissing    = 4201

	// codeClientEvent is the code of an error that closes nothing: a client event was refused.
	codeClientEvent = 4301
)

// translate returns the close status of the protocol for a close status of the engine or of the rooms. cluster says that another
// node can serve the client at once. Close codes for violations of the WebSocket protocol do not change.
func translate(status engine.CloseStatus, cluster bool) engine.CloseStatus {
	switch {
	case status.Code == frame.CloseTryAgain: // too slow, or the bus is away
		status.Code = codeOverCapacity
	case status.Code == frame.CloseRestart && cluster:
		status.Code = codeReconnect
	case status.Code == frame.CloseRestart, status.Code == frame.CloseGoingAway:
		status.Code = codeOverCapacity
	case status.Code == frame.CloseInternal && status.Reason == engine.Refusals[engine.Silent].Text:
		status.Code = codePongMissing
	case status.Code == frame.ClosePolicy: // too many messages or bytes per second
		status.Code = codeOverCapacity
	}
	return status
}
