package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// Config configures a Sender.
type Config struct {
	Logger *slog.Logger
	// Transport sends the requests. Default: NewTransport.
	Transport http.RoundTripper
}

// Sender sends events to hooks. Its methods may be called from any goroutine.
type Sender struct {
	// Set at creation.
	log    *slog.Logger
	client *http.Client

	counters counters
	wanted   atomic.Pointer[wanted] // of the current hooks

	mu      sync.RWMutex
	queues  map[string][]*queue // by app
	started bool
	stopped bool // no more events are taken

	stopping chan struct{}  // closed by Shutdown
	running  sync.WaitGroup // counts goroutines of the queues
}

// wanted has the names of the events that an app's hooks want, by app. It is read-only.
type wanted map[string][]string

// New returns a Sender without hooks. It sends nothing before Start.
func New(cfg Config) *Sender {
	if cfg.Transport == nil {
		cfg.Transport = NewTransport()
	}
	return &Sender{log: cfg.Logger, client: newClient(cfg.Transport), queues: map[string][]*queue{}, stopping: make(chan struct{})}
}

// Wants reports whether Send of such an event would send it to any hook. It takes no lock.
func (s *Sender) Wants(app, name string) bool {
	all := s.wanted.Load()
	if all == nil {
		return false
	}
	return slices.Contains((*all)[app], name)
}

// Send sends an event to the hooks of an app that want it. It does not wait. If the queue of a hook is full, the event
// is dropped.
func (s *Sender) Send(app string, e Event) {
	if !s.Wants(app, e.Name) {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.stopped {
		s.counters.dropped[Stopped].Add(1)
		return
	}
	for _, q := range s.queues[app] {
		if q.hook.Load().wants(e.Name) {
			q.put(&e)
		}
	}
}

// SetHooks replaces all hooks. A hook with the app and the URL of an earlier one takes over its queue. The events of
// hooks that are not among the new ones are dropped.
func (s *Sender) SetHooks(hooks []Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	before, all := s.queues, wanted{}
	s.queues = map[string][]*queue{}
	for _, h := range hooks {
		q := take(before, h)
		if q == nil {
			q = s.newQueue(h)
		}
		q.hook.Store(&h)
		s.queues[h.App] = append(s.queues[h.App], q)
		all[h.App] = append(all[h.App], h.Events...)
	}
	s.wanted.Store(&all)
	for _, q := range flatten(before) {
		q.removed.Store(true)
		close(q.events)
		q.cancel()
	}
	s.startQueues()
}

// flatten returns the queues of all apps.
func flatten(queues map[string][]*queue) (all []*queue) {
	for _, some := range queues {
		all = append(all, some...)
	}
	return all
}

// take removes the queue of a hook from queues, and returns it; nil if there is none.
func take(queues map[string][]*queue, h Hook) *queue {
	for i, q := range queues[h.App] {
		if q.hook.Load().URL == h.URL {
			queues[h.App] = append(queues[h.App][:i:i], queues[h.App][i+1:]...)
			return q
		}
	}
	return nil
}

// newQueue returns a queue whose goroutine is not running yet.
func (s *Sender) newQueue(h Hook) *queue {
	q := &queue{sender: s, events: make(chan *Event, queueEvents), wait: firstWait}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	q.hook.Store(&h)
	return q
}

// Start begins to send. It is called once, and Shutdown ends it.
func (s *Sender) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = true
	s.startQueues()
}

// startQueues starts the goroutines of the queues that have none, if the Sender is started. mu is held.
func (s *Sender) startQueues() {
	if !s.started {
		return
	}
	for _, q := range flatten(s.queues) {
		if !q.started {
			q.started = true
			s.running.Go(q.run)
		}
	}
}

// Shutdown takes no more events, and sends those that wait, until ctx ends. It returns when all goroutines have ended.
func (s *Sender) Shutdown(ctx context.Context) {
	queues := s.stop()
	defer context.AfterFunc(ctx, func() {
		for _, q := range queues {
			q.cancel()
		}
	})()
	s.running.Wait()
	s.client.CloseIdleConnections()
}

// stop closes all queues, and returns them.
func (s *Sender) stop() []*queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	queues := flatten(s.queues)
	if s.stopped {
		return queues
	}
	s.stopped = true
	close(s.stopping)
	for _, q := range queues {
		close(q.events)
	}
	return queues
}
