package channels

import (
	"plenum/codec/frame"
	"plenum/engine"
)

// The close codes of the protocol that are used here. A client never connects again after a code below 4100. It connects
// after a second after 4100, and at once after 4200 and 4201.
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

// translate returns the close status for clients of the protocol in place of one of the engine or of the rooms. cluster says
// that another node can serve the client at once. The codes of violations of the WebSocket protocol stay.
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
