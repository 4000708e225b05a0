package engine

import "plenum/codec/frame"

// Refusal is a reason for which the engine refuses a handshake or closes a connection. It is an index into Refusals.
// String returns its metric label.
type Refusal uint8

// The refusals. Refusals describes each of them and how the client is informed.
const (
	RefusedRequest Refusal = iota
	RefusedTimeout
	RefusedMethod
	RefusedHandshake
	RefusedNotUpgrade
	RefusedVersion
	RefusedOrigin
	RefusedFull
	RefusedClient
	RefusedBusy
	RefusedHalfOpen
	RefusedStopping
	RefusedTLS
	RefusedHijack
	BadMask
	BadReserved
	BadOpcode
	BadLength
	BadControl
	BadSequence
	BadClose
	BadUTF8
	BadDeflate
	BadExtension
	TooBig
	TooFast
	TooSlow
	Silent
	Panicked
	numRefusals
)

// RefusalInfo describes a Refusal. A handshake is refused with an HTTP status, an open connection is closed with a close
// code. Status and Code are both 0 if the client gets neither, or one of several HTTP statuses.
type RefusalInfo struct {
	Label  string // metric label
	Status int    // HTTP status
	Code   int    // close code
	Text   string // close reason
	Help   string
}

// protocolError is the close reason for all framing errors.
const protocolError = "protocol error"

// Refusals is the table of all refusals, indexed by Refusal.
var Refusals = [numRefusals]RefusalInfo{
	RefusedRequest:    {Label: "bad_request", Help: "The head of the HTTP request cannot be read. The client gets status 400, 431 or similar."},
	RefusedTimeout:    {Label: "handshake_timeout", Status: 408, Help: "The head of the HTTP request did not arrive in time. If no byte arrived, the client gets no answer."},
	RefusedMethod:     {Label: "method", Status: 405, Help: "The method of the WebSocket handshake is not GET."},
	RefusedHandshake:  {Label: "handshake", Status: 400, Help: "The request is not a valid WebSocket handshake (RFC 6455 section 4.2.1)."},
	RefusedNotUpgrade: {Label: "not_upgrade", Status: 426, Help: "A request without a WebSocket handshake was sent to a path that serves WebSockets."},
	RefusedVersion:    {Label: "version", Status: 426, Help: "The WebSocket version of the handshake is not 13."},
	RefusedOrigin:     {Label: "origin", Status: 403, Help: "The page's origin is not allowed."},
	RefusedFull:       {Label: "full", Status: 503, Help: "The maximum number of connections is open."},
	RefusedClient:     {Label: "address", Status: 429, Help: "The maximum number of connections from the client's address is open."},
	RefusedBusy:       {Label: "busy", Status: 503, Help: "Memory is short, so no new connections are accepted."},
	RefusedHalfOpen:   {Label: "half_open", Help: "Too many connections had not yet sent a complete request. This one was the oldest, and was closed."},
	RefusedStopping:   {Label: "stopping", Status: 503, Help: "The server is stopping."},
	RefusedTLS:        {Label: "tls", Help: "The client does not speak TLS, offered no acceptable TLS parameters, or sent an invalid record. It gets a TLS alert."},
	RefusedHijack:     {Label: "hijack", Help: "The socket could not be taken over from the HTTP server. The client gets status 500 or 503."},
	BadMask:           {Label: "unmasked", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a frame without a mask."},
	BadReserved:       {Label: "reserved_bits", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a frame with a reserved bit that no agreed extension uses."},
	BadOpcode:         {Label: "opcode", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a frame with an unknown opcode."},
	BadLength:         {Label: "length", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a frame with an invalid length."},
	BadControl:        {Label: "control_frame", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a control frame that was too long or fragmented."},
	BadSequence:       {Label: "fragment_sequence", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a fragment that continues no message, or began a message within another one."},
	BadClose:          {Label: "close_frame", Code: frame.CloseProtocolError, Text: protocolError, Help: "The client sent a close frame with a payload of one byte, or with a code that must not be sent."},
	BadUTF8:           {Label: "utf8", Code: frame.CloseInvalidData, Text: "invalid UTF-8", Help: "The client sent a text, or a close reason, that is not valid UTF-8."},
	BadDeflate:        {Label: "deflate", Code: frame.CloseInvalidData, Text: "invalid compressed data", Help: "The client sent a compressed message that cannot be decompressed."},
	BadExtension:      {Label: "extension", Code: frame.CloseInvalidData, Text: "invalid extension data", Help: "The client sent a message that an extension cannot decode."},
	TooBig:            {Label: "too_big", Code: frame.CloseTooBig, Text: "message too big", Help: "The client sent a message longer than the limit."},
	TooFast:           {Label: "too_fast", Code: frame.ClosePolicy, Text: "Rate limit", Help: "The client sent more messages or bytes per second than allowed."},
	TooSlow:           {Label: "too_slow", Code: frame.CloseTryAgain, Text: "Too slow", Help: "The client did not read, and too much data waited for it."},
	Silent:            {Label: "ping_timeout", Code: frame.CloseInternal, Text: "Ping timeout", Help: "The client did not answer a ping in time. An event stream has no pings: its client vanished, and gets no close code."},
	Panicked:          {Label: "panic", Code: frame.CloseInternal, Text: "Internal error", Help: "A handler panicked. This is a bug of the server, and the log has the stack."},
}

// String returns the metric label of r, in snake_case.
func (r Refusal) String() string { return Refusals[r].Label }
