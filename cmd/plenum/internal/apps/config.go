package apps

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"plenum/engine/origin"
)

// Config holds the settings of an app. The settings of an App in use are read-only.
type Config struct {
	ID     string
	Key    string
	Secret string

	// Origins are the origins of the pages that may connect. Empty: any origin. Everything that is not public needs a
	// signature of the app's back end, and no cookie is read. So the browser of a user gives a page of another site no rights.
	Origins            []string
	ClientEvents       bool // clients may send events to each other
	SubscriptionCounts bool // subscribers receive the number of subscribers
	Limits             Limits
	Webhooks           []Webhook
}

// Limits are the limits of an app.
type Limits struct {
	Connections   int // open at a time on this node; 0: no limit
	Channels      int // per connection
	ClientEvents  int // per connection and second
	Payload       int // bytes of the data of an event
	EventChannels int // channels per event from a back end
	BatchEvents   int // events per batch
	Requests      int // of back ends per second to this node; 0: no limit
}

// DefaultLimits are the limits of an app that has no others.
var DefaultLimits = Limits{Channels: 128, ClientEvents: 10, Payload: 64 << 10, EventChannels: 100, BatchEvents: 10}

// Webhook is a receiver of an app's events.
type Webhook struct {
	URL    string
	Events []string // names; empty: all
	Secret string   // for the signature; empty: the secret of the app
}

// String returns the id, so that the secret is not printed.
func (c Config) String() string { return c.ID }

// GoString returns the id.
func (c Config) GoString() string { return c.ID }

// String returns the URL, so that the secret is not printed.
func (w Webhook) String() string { return w.URL }

// GoString returns the URL.
func (w Webhook) GoString() string { return w.URL }

// MaxApps is the maximum number of apps.
const MaxApps = 1000

// minSecret is the minimum length of a secret. The secrets of Pusher and Reverb have 20 bytes.
const minSecret = 8

// The errors of the functions that check an id, a key or a secret.
var (
	errID     = errors.New("must be 1 to 64 letters, digits, - or _")
	errSecret = errors.New("must have 8 bytes or more")
)

// CheckID checks an app's id or key.
func CheckID(id string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if id == "" || len(id) > 64 || strings.Trim(id, allowed) != "" {
		return errID
	}
	return nil
}

// CheckSecret checks an app's secret.
func CheckSecret(secret string) error {
	if len(secret) < minSecret {
		return errSecret
	}
	return nil
}

// AllowOrigin reports whether a page of r's origin may connect. A request without an Origin does not come from a page.
func (c *Config) AllowOrigin(r *http.Request) bool {
	given := r.Header["Origin"]
	if len(given) == 0 || len(c.Origins) == 0 || slices.Contains(c.Origins, "*") {
		return true
	}
	same := func(allowed string) bool { return origin.Canonical(allowed) == origin.Canonical(given[0]) }
	return len(given) == 1 && (origin.Same(r) || slices.ContainsFunc(c.Origins, same))
}

// equal reports whether two apps have the same settings.
func (c *Config) equal(other *Config) bool {
	return c.ID == other.ID && c.Key == other.Key && c.Secret == other.Secret &&
		slices.Equal(c.Origins, other.Origins) && c.ClientEvents == other.ClientEvents && c.SubscriptionCounts == other.SubscriptionCounts &&
		c.Limits == other.Limits && slices.EqualFunc(c.Webhooks, other.Webhooks, Webhook.equal)
}

func (w Webhook) equal(other Webhook) bool {
	return w.URL == other.URL && w.Secret == other.Secret && slices.Equal(w.Events, other.Events)
}
