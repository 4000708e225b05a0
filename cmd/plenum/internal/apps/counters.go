package apps

import "sync/atomic"

// Definition describes how a counter is shown on /metrics.
type Definition struct {
	Metric string // name on /metrics, without a prefix
	Key    string // name in /status; empty if it is not shown there
	Gauge  bool   // a current value, not a count since the start
	Help   string
}

// Counter is one of the counters of an app: an index of Counters and of Counts.
type Counter uint8

// The counters. Counters describes them.
const (
	Connections Counter = iota
	ConnectionsRefused
	AuthFailures
	ClientEvents
	ClientEventsLimited
	Requests
	RequestsRefused
	Events
	Lists
	ListsMade
	ListBytes
	ListsUnread
	numCounters
)

// Counters is the table of the counters of an app, in the order in which they are shown.
var Counters = [numCounters]Definition{
	Connections:         {Metric: "connections", Gauge: true, Help: "Connections of an app that are open now. The label app has its id. The first 100 apps have series of their own; those of the further apps are added up as `all others`."},
	ConnectionsRefused:  {Metric: "connections_refused_total", Help: "Connections refused because of the app's limit or its origins."},
	AuthFailures:        {Metric: "auth_failures_total", Help: "Subscriptions and sign-ins refused because of their signature."},
	ClientEvents:        {Metric: "client_events_total", Help: "Client events published."},
	ClientEventsLimited: {Metric: "client_events_limited_total", Help: "Client events refused because the connection had sent too many in a second."},
	Requests:            {Metric: "requests_total", Help: "HTTP requests of the app's back ends, including refused ones."},
	RequestsRefused:     {Metric: "requests_refused_total", Help: "HTTP requests of the app's back ends that were answered with another status than 200."},
	Events:              {Metric: "events_total", Help: "Events that back ends have published. An event to 10 channels is 10 events."},
	Lists:               {Metric: "presence_lists_total", Help: "Lists of users sent to new subscribers of presence channels."},
	ListsMade:           {Metric: "presence_lists_made_total", Help: "Lists of users made. Subscribers that come within 10 ms share a list."},
	ListBytes:           {Metric: "presence_list_bytes", Gauge: true, Help: "Bytes of lists of users that wait in memory now until their clients read them. From 64 MiB on, for all apps together, further subscribers of presence channels wait."},
	ListsUnread:         {Metric: "presence_lists_unread_total", Help: "Connections closed because the client had not read a list of users within 30 s while other subscribers waited for the memory."},
}

type counts [numCounters]atomic.Int64

// Counts are the values of the counters of an app.
type Counts [numCounters]int64

// Count adds one to a counter.
func (a *App) Count(c Counter) { a.counts[c].Add(1) }

// Add adds n to a counter.
func (a *App) Add(c Counter, n int) { a.counts[c].Add(int64(n)) }

// Counts returns the values of the counters.
func (a *App) Counts() (now Counts) {
	for i := range now {
		now[i] = a.counts[i].Load()
	}
	return now
}

// Shown is the maximum number of apps that have metrics of their own. The metrics of all further apps are added up, so that
// the number of series is bounded.
const Shown = 100

// Other is the label for the sum of the further apps. It cannot be an id, because it has a space.
const Other = "all others"

// Labelled are the values of the counters of one app, or of all further apps.
type Labelled struct {
	App    string
	Counts Counts
}

// Labelled returns the counters of the first Shown apps by id, and the sum of the counters of all further apps.
func (r *Registry) Labelled() (all []Labelled) {
	for i, app := range r.All() {
		switch now := app.Counts(); {
		case i < Shown:
			all = append(all, Labelled{app.id, now})
		case i == Shown:
			all = append(all, Labelled{Other, now})
		default:
			for j, n := range now {
				all[Shown].Counts[j] += n
			}
		}
	}
	return all
}
