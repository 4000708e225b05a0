// Package answer writes the HTTP answers that are JSON: a resource, or an error as problem details
// (RFC 9457).
//
// The API, the routes of events, the checks of requests and the admin listener call it, each on
// the goroutine of its request. It decides nothing: what is answered is the caller's. It also
// has the codes of the errors of a cluster, which clients of WebSockets are told as well.
package answer
