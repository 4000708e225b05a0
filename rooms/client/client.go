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

// Config says how a Client connects. A zero field means its default; only URL is needed.
type Config struct {
	// URL is where the server has many rooms on one connection: ws://127.0.0.1:8080/ws.
	URL string
	// Name is the user's; default: the server's Anonymous. Where there is sign-in the
	// token's name counts.
	Name string
	// Token returns the token to sign in with; default: none. It is called for each
	// connection, so that one that has expired is replaced: keep it where it is dear. An
	// error of its own is as one of the connection.
	Token func(ctx context.Context) (string, error)
	// HTTP makes the handshake, and so knows of TLS and proxies; default
	// http.DefaultClient.
	HTTP *http.Client
	// PingPeriod is how often the server is pinged; default 15 s. PingTimeout is for how
	// much longer it may say nothing at all; default 10 s.
	PingPeriod, PingTimeout time.Duration
	// Timeout bounds a handshake, the writing of a command, and the wait for its answer;
	// default 10 s.
	Timeout time.Duration
	// MaxMessage bounds a command in bytes of JSON, as the server's --max-message does;
	// default 64 KiB. What is heard may be eight times that.
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
			return fmt.Errorf("client: %s is negative: %s", name, d)
		}
	}
	if cfg.MaxMessage < 0 {
		return fmt.Errorf("client: MaxMessage is negative: %d", cfg.MaxMessage)
	}
	return nil
}

// address is the URL with the name in it.
func (cfg Config) address() (string, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" {
		return "", fmt.Errorf("client: not a ws:// or wss:// URL: %q", cfg.URL)
	}
	if cfg.Name != "" {
		query := u.Query()
		query.Set("username", cfg.Name)
		u.RawQuery = query.Encode()
	}
	return u.String(), nil
}

const (
	eventsAhead = 64   // events that wait for the program
	maxCalls    = 1024 // commands that wait for their answers; the next ones wait to be sent
)

// ErrEnded is wrapped in the error of who asks something when Run has returned.
var ErrEnded = errors.New("client: ended")

// Client is a member of rooms. Make it with New.
type Client struct {
	// Set at creation.
	cfg    Config
	url    string
	events chan Event
	calls  chan *call    // to the connection's writer
	slots  chan struct{} // as many as there are calls under way
	ended  chan struct{} // closed when Run returns; cause is set before
	random func(below time.Duration) time.Duration
	wait   func(ctx context.Context, d time.Duration)

	// Owned by Run.
	rooms   map[string]*room
	backoff backoff
	cause   error

	// Atomic.
	started atomic.Bool
	lastID  atomic.Uint64
}

// New checks cfg and starts nothing.
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

// Events has what is heard, until it is closed when Run returns. doc.go says what becomes
// of a program that does not read it.
func (c *Client) Events() <-chan Event { return c.events }
