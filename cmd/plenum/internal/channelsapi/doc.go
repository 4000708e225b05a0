// Package channelsapi serves the HTTP API of the Pusher Channels protocol, which back ends use: the resources under
// /apps, which openapi.json describes.
//
// cmd/plenum creates an API and registers its routes. Each request runs on a goroutine of its own and may block there.
// The package reads and writes channels through the interfaces Directory and Publisher, which cover all nodes of a
// cluster. The room of a channel has the name that pusher.RoomOf returns.
//
// A request is authorized by its signature alone. The signature covers the query, and the query has the MD5 of the body.
// So a request with a wrong signature is refused before its body is read. All successful answers have status 200, because
// some libraries treat every other status as an error. The body of an error is {"error":"…"}. Its text
// names the fault of the request, and never the secret or the right signature.
//
// The limits of an app are settings, see package apps. The size of a body follows from them.
package channelsapi
