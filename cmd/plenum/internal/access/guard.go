package access

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/engine/origin"
)

// Guard decides which requests may use the server. Create it with New.
type Guard struct {
	// Set at creation.
	log            *slog.Logger
	foreignOrigins *boundedlog.Log // logs refused origins
	foreignHosts   *boundedlog.Log // logs and counts refused hosts
	onlyAPI        func(room string) bool

	// Atomic.
	rules          atomic.Pointer[rules]
	refused        [len(Refusals)]atomic.Uint64
	refusedOrigins atomic.Uint64 // refused requests, except WebSocket handshakes, which the engine counts
}

// rules are replaced as a whole by Apply.
type rules struct {
	origins  map[string]bool // in their canonical form, or *
	hosts    map[string]bool // allowed in addition to localhost and loopback addresses
	verifier *auth.Verifier  // nil: clients need no token
	apiKeys  auth.APIKeys
}

// New returns a Guard that allows only pages of the server's own origin, only loopback hosts on
// loopback listeners, and clients without a token.
func New(log *slog.Logger) *Guard {
	g := &Guard{
		log:     log,
		onlyAPI: func(string) bool { return false },
		foreignOrigins: boundedlog.New(log, "origin refused: name it in --origins if its pages may connect", "origin",
			"origin refused: more than 10 origins within a minute, the others are only counted"),
		foreignHosts: boundedlog.New(log, "host refused on a loopback listener: name it in --hosts if it means this machine", "host",
			"host refused on a loopback listener: more than 10 hosts within a minute, the others are only counted"),
	}
	g.Apply(nil, nil, nil, auth.APIKeys{})
	return g
}

// OnlyAPI sets the function that reports whether only the API publishes in a room. Call OnlyAPI before the guard is used.
func (g *Guard) OnlyAPI(in func(room string) bool) { g.onlyAPI = in }

// Apply replaces the rules. If verifier is nil, clients need no token.
func (g *Guard) Apply(origins, hosts []string, verifier *auth.Verifier, keys auth.APIKeys) {
	now := rules{origins: map[string]bool{}, hosts: map[string]bool{}, verifier: verifier, apiKeys: keys}
	for _, o := range origins {
		now.origins[cmp.Or(origin.Canonical(o), o)] = true // * has no canonical form
	}
	for _, host := range hosts {
		name, _ := origin.Split(host, "")
		now.hosts[strings.TrimSuffix(name, ".")] = true
	}
	g.rules.Store(&now)
}

// Run logs once per minute how many refusals were not logged one by one. It returns when ctx ends.
func (g *Guard) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { g.foreignOrigins.Watch(ctx) })
	running.Go(func() { g.foreignHosts.Watch(ctx) })
	running.Wait()
}
