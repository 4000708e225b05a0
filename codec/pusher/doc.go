// Package pusher encodes and decodes the JSON of the Pusher Channels protocol, version 7: the names of channels, the events
// in both directions, and signatures. plenum speaks this protocol, but is not affiliated with Pusher.
//
// All functions may be called from any goroutine. They do no I/O and keep no state.
//
// # Events
//
// Each text frame is one JSON object with an event, and a channel and data as needed. In an event to a client, data is a string,
// usually with JSON in it:
//
//	{"event":"order","channel":"private-shop","data":"{\"id\":7}","seq":42}
//
// In an event from a client, data is an object. A string with an object in it is accepted too. Unknown fields are ignored.
//
// # Bodies and frames
//
// A channel is a room of package rooms. [AppendEvent] and [AppendClientEvent] encode an event once, as a body.
// [AppendFrame], a Config.Frame of package rooms, appends the final frame with its seq to the log of the room. All
// subscribers are sent these bytes.
//
// A body may begin with the socket id of the one connection that is not to receive it, which [Excluded] reads. In the body of a
// client event the letter c follows, see [IsFromClient]. AppendFrame drops both:
//
//	1834.72c{"event":"client-typing","channel":"private-shop","data":"{}"
//
// seq is the number of the event in its channel. Only plenum sends it. Clients that do not know it ignore it.
//
// # Signatures
//
// A signature is the HMAC-SHA256 of a text with the app's secret, in lower-case hex. Back ends sign for their clients, so
// the server only checks:
//
//	[SubscribeText]  a client may subscribe to a private or presence channel
//	[SigninText]     a client may sign in as a user
//	[Request.Text]   an HTTP request comes from a back end
//
// The server itself signs the bodies of webhooks, with [Sign]. Signatures are compared in constant time. A signature takes about
// a microsecond, and a microsecond per kilobyte more. That is less than the write of the answer, so a poller may check the
// signature of a client. A poller must not check an HTTP request, whose body may be long.
package pusher
