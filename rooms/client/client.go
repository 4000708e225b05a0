package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Config configures a Client. Only URL is required. A zero field means the default.
type Config struct {
	// URL is the server's route for several rooms on one connection: ws://127.0.0.1:8080/ws.
	URL string
	// Name is the username; default: the server uses Anonymous. If the server requires sign-in, it uses the name in
	// the token instead.
	Name string
	// Token returns the token to sign in with; default: no token. It is called before each connection, so that an
	// expired token is replaced. Cache the token if it is expensive. If Token fails, the client waits and
	// tries again, as after a lost connection.
	Token func(ctx context.Context) (string, error)
	// HTTP makes the handshake. Its transport has the settings of TLS and proxies. Default: http.DefaultClient.
	HTTP *http.Client
	// PingPeriod is the time between two pings; default 15 s. The connection is lost if the client receives nothing
	// for PingPeriod and PingTimeout together. The default of PingTimeout is 10 s.
	PingPeriod, PingTimeout time.Duration
	// Timeout bounds the handshake, the writing of a command, and the wait for its answer; default 10 s.
	Timeout time.Duration
	// MaxMessage is the size of the largest command in bytes of JSON, as --max-message of the server; default 64 KiB. A
	// message that is received may be eight times as large.
	MaxMessage int
}

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.HTTP, http.DefaultClient)
	setDefault(&cfg.PingPeriod, 15*time.Second)
	setDefault(&cfg.PingTimeout, 10*time.Second)
	setDefault(&cfg.Timeout, 10*time.Second)
	setDefault(&cfg.MaxMessage, 64<<10)
	return cfg
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (cfg Config) check() error {
	for name, d := range map[string]time.Duration{"PingPeriod": cfg.PingPeriod, "PingTimeout": cfg.PingTimeout, "Timeout": cfg.Timeout} {
		if d < 0 {
			return fmt.Errorf("client: %s must not be negative: %s", name, d)
		}
	}
	if cfg.MaxMessage < 0 {
		return fmt.Errorf("client: MaxMessage must not be negative: %d", cfg.MaxMessage)
	}
	return nil
}

// address returns the URL with the username.
func (cfg Config) address() (string, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return "", fmt.Errorf("client: parse URL: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" {
		return "", fmt.Errorf("client: URL must begin with ws:// or wss://: %q", cfg.URL)
	}
	if cfg.Name != "" {
		query := u.Query()
		query.Set("username", cfg.Name)
		u.RawQuery = query.Encode()
	}
	return u.String(), nil
}

const (
	eventsAhead = 64   // capacity of Events
	maxCalls    = 1024 // most requests at a time; further ones wait to be sent
)

// ErrEnded is wrapped by the errors of requests after Run has returned.
var ErrEnded = errors.New("client: Run has returned")

// Client is a member of rooms on one server. Make it with New.
type Client struct {
	// Set at creation.
	cfg    Config
	url    string
	events chan Event
	calls  chan *call    // to the writer of the connection
	slots  chan struct{} // has an element for each request that waits for a connection or for its answer
	ended  chan struct{} // closed when Run returns, after cause is set
	random func(below time.Duration) time.Duration
	wait   func(ctx context.Context, d time.Duration)

	// Owned by Run.
	rooms   map[string]*room
	backoff backoff
	cause   error // why Run has returned; read by others when ended is closed

	// Atomic.
	started atomic.Bool
	lastID  atomic.Uint64
}

// New checks cfg and returns a Client. It starts nothing.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	address, err := cfg.address()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg:    cfg,
		url:    address,
		events: make(chan Event, eventsAhead),
		calls:  make(chan *call),
		slots:  make(chan struct{}, maxCalls),
		ended:  make(chan struct{}),
		random: rand.N[time.Duration],
		wait:   wait,
		rooms:  map[string]*room{},
	}, nil
}

// Events returns the channel of events. It is closed when Run returns. The program must read it until then, see the package
// comment.
func (c *Client) Events() <-chan Event { return c.events }
