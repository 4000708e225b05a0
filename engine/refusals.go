package engine

import "plenum/codec/frame"

// Refusal is why a handshake was refused, or why a connection was closed for what its client did: an
// index of Refusals. Its String is the label of a metric.
type Refusal uint8

// The refusals; Refusals says what each of them means, and how the client is told.
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

// RefusalInfo describes a Refusal. A handshake is answered with Status. An open connection is closed with
// Code and Text. Both are 0 if the client gets neither, or one of several.
type RefusalInfo struct {
	Label  string // of a metric
	Status int
	Code   int
	Text   string
	Help   string
}

// protocolError is the close reason of every fault of framing.
const protocolError = "protocol error"

// Refusals is the table of all refusals.
var Refusals = [numRefusals]RefusalInfo{
	RefusedRequest:    {Label: "bad_request", Help: "The head of the request could not be read: 400, 431 and the like."},
	RefusedTimeout:    {Label: "handshake_timeout", Status: 408, Help: "The head of the request did not come in time. Without a byte of it there is no answer."},
	RefusedMethod:     {Label: "method", Status: 405, Help: "The method of the handshake is not GET."},
	RefusedHandshake:  {Label: "handshake", Status: 400, Help: "It is not the handshake of RFC 6455 section 4.2.1."},
	RefusedNotUpgrade: {Label: "not_upgrade", Status: 426, Help: "A plain request came to a route of WebSockets."},
	RefusedVersion:    {Label: "version", Status: 426, Help: "The version of the protocol is not 13."},
	RefusedOrigin:     {Label: "origin", Status: 403, Help: "The origin of the page is not allowed."},
	RefusedFull:       {Label: "full", Status: 503, Help: "There are as many connections as there may be."},
	RefusedClient:     {Label: "address", Status: 429, Help: "There are too many connections from the client's address."},
	RefusedBusy:       {Label: "busy", Status: 503, Help: "Memory is short."},
	RefusedHalfOpen:   {Label: "half_open", Help: "It was the oldest of too many handshakes that were not complete. Its connection was closed."},
	RefusedStopping:   {Label: "stopping", Status: 503, Help: "The server is stopping."},
	RefusedTLS:        {Label: "tls", Help: "It is not TLS, or none that is accepted. The client gets an alert."},
	RefusedHijack:     {Label: "hijack", Help: "The socket could not be taken over, or was taken over already: 500 or 503."},
	BadMask:           {Label: "unmasked", Code: frame.CloseProtocolError, Text: protocolError, Help: "A frame was not masked."},
	BadReserved:       {Label: "reserved_bits", Code: frame.CloseProtocolError, Text: protocolError, Help: "A frame had a reserved bit that no extension uses."},
	BadOpcode:         {Label: "opcode", Code: frame.CloseProtocolError, Text: protocolError, Help: "A frame had an unknown opcode."},
	BadLength:         {Label: "length", Code: frame.CloseProtocolError, Text: protocolError, Help: "The length of a frame was malformed."},
	BadControl:        {Label: "control_frame", Code: frame.CloseProtocolError, Text: protocolError, Help: "A control frame was too long, or in fragments."},
	BadSequence:       {Label: "fragment_sequence", Code: frame.CloseProtocolError, Text: protocolError, Help: "A fragment continued no message, or a message began within another one."},
	BadClose:          {Label: "close_frame", Code: frame.CloseProtocolError, Text: protocolError, Help: "A close frame had one byte, or a forbidden code."},
	BadUTF8:           {Label: "utf8", Code: frame.CloseInvalidData, Text: "invalid UTF-8", Help: "A text was not UTF-8."},
	BadDeflate:        {Label: "deflate", Code: frame.CloseInvalidData, Text: "invalid compressed data", Help: "A compressed message could not be decompressed."},
	BadExtension:      {Label: "extension", Code: frame.CloseInvalidData, Text: "invalid extension data", Help: "An extension could not decode a message."},
	TooBig:            {Label: "too_big", Code: frame.CloseTooBig, Text: "message too big", Help: "A message was longer than allowed."},
	TooFast:           {Label: "too_fast", Code: frame.ClosePolicy, Text: "Rate limit", Help: "The client sent more frames or bytes per second than allowed."},
	TooSlow:           {Label: "too_slow", Code: frame.CloseTryAgain, Text: "Too slow", Help: "The client did not read, and too much waited for it."},
	Silent:            {Label: "ping_timeout", Code: frame.CloseInternal, Text: "Ping timeout", Help: "The client did not answer a ping."},
	Panicked:          {Label: "panic", Code: frame.CloseInternal, Text: "Internal error", Help: "The handler panicked."},
}

// String returns the label, in snake_case.
func (r Refusal) String() string { return Refusals[r].Label }
