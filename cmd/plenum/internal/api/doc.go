// Package api is the HTTP API: the resources under /api, as openapi.json describes them.
//
// cmd/plenum makes an API and registers its routes. Each request runs on a goroutine of its own and
// may block there. The rooms are read and written through the interfaces Directory and Publisher, which
// span all nodes of a cluster.
//
// It keeps nothing, knows no connections, and leaves the decision who may call to package access.
package api
