package apps

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Registry holds the apps. The zero Registry has none.
type Registry struct {
	tables atomic.Pointer[tables]
}

// tables are read-only.
type tables struct {
	sorted []*App // by id
	byID   map[string]*App
	byKey  map[string]*App
}

var noApps = &tables{}

func (r *Registry) now() *tables {
	if t := r.tables.Load(); t != nil {
		return t
	}
	return noApps
}

// ByID returns the app with the id; nil if there is none.
func (r *Registry) ByID(id string) *App { return r.now().byID[id] }

// ByKey returns the app with the key; nil if there is none.
func (r *Registry) ByKey(key string) *App { return r.now().byKey[key] }

// All returns all apps, sorted by id. The caller must not change the slice.
func (r *Registry) All() []*App { return r.now().sorted }

// Apply puts configs into effect, which have different ids and keys. It returns the apps that no longer exist, and
// whether anything is different from before.
func (r *Registry) Apply(configs []Config) (removed []*App, changed bool) {
	before := r.now()
	after := &tables{byID: map[string]*App{}, byKey: map[string]*App{}}
	for _, c := range configs {
		app := before.byID[c.ID]
		if app == nil {
			app = &App{id: c.ID}
		}
		if old := app.config.Load(); old == nil || !old.equal(&c) {
			app.config.Store(&c)
			app.requests.Store(newLimiter(c.Limits.Requests))
			changed = true
		}
		after.byID[c.ID], after.byKey[c.Key] = app, app
		after.sorted = append(after.sorted, app)
	}
	slices.SortFunc(after.sorted, func(a, b *App) int { return strings.Compare(a.id, b.id) })
	r.tables.Store(after)
	for id, app := range before.byID {
		if after.byID[id] == nil {
			app.removed.Store(true)
			removed = append(removed, app)
		}
	}
	return removed, changed || len(removed) > 0
}

// App is an app in use. Its id stays the same; its settings may change at any time.
type App struct {
	id string // set at creation

	config   atomic.Pointer[Config]
	requests atomic.Pointer[rate.Limiter] // of the requests of back ends
	removed  atomic.Bool
	counts   counts
}

// newLimiter returns a limiter to n requests per second. 0 means no limit.
func newLimiter(n int) *rate.Limiter {
	if n == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(n), n)
}

// ID returns the app's id.
func (a *App) ID() string { return a.id }

// Settings returns the settings that are in effect now.
func (a *App) Settings() *Config { return a.config.Load() }

// Removed reports whether the app no longer exists. Apply sets it before it returns.
func (a *App) Removed() bool { return a.removed.Load() }

// TakeRequest reports whether the back ends of the app may make another request now.
func (a *App) TakeRequest(now time.Time) bool { return a.requests.Load().AllowN(now, 1) }

// Connect counts a connection. It returns false if the app may not have another one.
func (a *App) Connect() bool {
	limit := int64(a.Settings().Limits.Connections)
	if now := a.counts[Connections].Add(1); limit > 0 && now > limit {
		a.counts[Connections].Add(-1)
		a.Count(ConnectionsRefused)
		return false
	}
	return true
}

// Disconnect ends the count of a connection for which Connect returned true.
func (a *App) Disconnect() { a.counts[Connections].Add(-1) }
