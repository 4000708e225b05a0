// Package answer writes HTTP responses in JSON: a resource, or an error as problem details (RFC 9457).
//
// The API, the event streams, package access, package pathmux and the admin listener call it, each on the goroutine of
// its request. The caller chooses status and content, except for an error from the bus, whose status follows from the
// error. The package also defines the error codes of the bus and the texts of errors for clients. Clients of
// WebSockets receive both too.
package answer
