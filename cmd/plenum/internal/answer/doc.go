// Package answer writes HTTP responses in JSON: a resource, or an error as problem details (RFC 9457).
//
// The API, the event streams, package access and the admin listener call it, each on the goroutine of
// its request. It makes no decisions: the caller chooses status and content. It also
// defines the error codes of a cluster, which WebSocket clients receive too.
package answer
