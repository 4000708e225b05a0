// Package api serves the HTTP API: the resources under /api, which openapi.json describes. On the admin listener it also
// serves the apps and their channels, which channels.json describes.
//
// cmd/plenum creates an API and registers its routes. Each request runs on a goroutine of its own and
// may block there. The package reads and writes rooms through the interfaces Directory and Publisher, which
// cover all nodes of a cluster. The package joins no room. So reading a room changes no count, and causes neither
// announcements nor webhooks.
//
// Its only state between requests is the idempotency keys. It does not know connections. Package access authenticates the callers.
package api
