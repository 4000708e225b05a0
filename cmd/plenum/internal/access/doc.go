// Package access decides which requests may use the server. It checks their origin, their Host, their
// token, and the names of users and rooms in them.
//
// A Guard holds the rules that a reload may change, and counts the refused clients. cmd/plenum creates one and applies the
// settings to it. The routes, the API and the engine ask it about each request before the upgrade. A connection to several
// rooms also asks it on its poller, about each room and each new token.
//
// All methods may be called from any goroutine, except OnlyAPI. Only Run blocks.
//
// The package does not know connections. It validates names of rooms and positions in their history, but
// does not know the rooms themselves. It keeps no reference to a request.
package access
