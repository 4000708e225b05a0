// Package api serves the HTTP API: the resources under /api, which openapi.json describes. On the admin listener it also
// serves those of the channels of apps, which channels.json describes.
//
// cmd/plenum creates an API and registers its routes. Each request runs on a goroutine of its own and
// may block there. The package reads and writes rooms through the interfaces Directory and Publisher, which
// cover all nodes of a cluster. It is a member of no room. So reading one changes no count, and causes neither
// announcements nor webhooks.
//
// Its only state between requests is the idempotency keys. It does not know connections. Package access authenticates the callers.
package api
