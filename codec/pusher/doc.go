// Package pusher has the messages and signatures of the Pusher Channels protocol, version 7. plenum is not affiliated
// with Pusher.
//
// All functions may be called from any goroutine. They do no I/O and keep no state.
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
// The server itself signs the bodies of webhooks, with [Sign].
// Signatures are compared in constant time. One takes about a microsecond per kilobyte, so they are not checked on a poller.
package pusher
