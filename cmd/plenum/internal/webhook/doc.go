// Package webhook sends events to the HTTP servers of applications, as webhooks. It knows neither rooms nor
// channels.
//
// A Sender has a queue per Hook. Send puts an event into the queues of its app and never waits, so any goroutine may
// call it. One goroutine per hook posts the events of the queue. Events that come during a request travel together in the next
// request. So the events of an app reach each of its hooks in the order of the calls of Send. Several Senders, on the nodes of a
// cluster, have no common order.
//
// # Requests
//
// A request is a POST of a batch, a JSON object with the time and up to 100 events:
//
//	{"time_ms":1700000000000,"events":[{"name":"channel_occupied","channel":"news"}]}
//
// The header X-Pusher-Key has the key of the app, and X-Pusher-Signature the HMAC-SHA256 of the body under its secret,
// in lower-case hex. A hook without a key, which is one of the native rooms, gets X-Plenum-Signature instead of both.
//
// A receiver takes a batch by a status from 200 to 299. Redirects are not followed. A request fails if the receiver answers with
// another status, or not within ten seconds. The request is then repeated with the same body. The first wait is 1 s, and each
// further wait is twice as long as the one before, at most 30 s. The batch is given up when its newest event is five minutes
// old. A receiver may get a batch twice, if it took the batch and its answer was lost.
//
// # Bounds
//
// At most 16,384 events and 8 MiB wait per hook. Further events are dropped. The table Reasons has all reasons for which
// events are dropped, and each drop is counted.
//
// # Stopping
//
// Shutdown takes no more events. It sends the events in the queues, and tries each batch once. If a receiver does not take
// a batch, this batch and all further events of its hook are dropped.
package webhook
