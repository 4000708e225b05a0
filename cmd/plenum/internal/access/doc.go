// Package access decides which requests may use the server: by their origin, by the host that
// they were sent to, by their token, and by the names that they bring along.
//
// A Guard has the rules that a reload may change, and counts the clients that were refused. cmd/plenum
// makes one and applies the settings to it. The routes, the API and the engine ask it about each
// request, before the upgrade and on the request's own goroutine. All methods may be called
// from any goroutine.
//
// It knows no connections, of rooms only how their names and positions are written, and keeps
// nothing of a request.
package access
