package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"time"

	"plenum/bench/clock"
	"plenum/bench/endpoint"
	"plenum/bench/load"
	"plenum/bench/observe"
	"plenum/bench/speak"
)

// Duration is a time.Duration whose JSON and flag form is text such as "10s".
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("expected a time such as 10s but got %q", text)
	}
	*d = Duration(v)
	return nil
}

// Options are the options of all scenarios. The struct tags define the flags of the command
// line (package kong); a default such as ${url} is set by the command for each scenario.
type Options struct {
	URL         string            `json:"url" default:"${url}" help:"URL of each connection, with a host name or an IP address. {room} and {user} are replaced."`
	Node        []string          `json:"nodes,omitempty" placeholder:"HOST:PORT" help:"Address of one node of a cluster, in place of the URL's host. Repeat it for each node: the members of each room are spread over the nodes in turn."`
	Broker      string            `json:"broker,omitempty" placeholder:"HOST:PORT" help:"Monitoring address of the NATS server between the nodes, on this machine. Its processor time, memory and traffic are measured too."`
	Metrics     []string          `json:"-" placeholder:"URL" help:"URL of a node's Prometheus metrics. Repeat it for each node: the result has plenum's writes per delivery, and with --broker the sums of the plenum_bus_ counters."`
	Hello       []string          `json:"hello" sep:"none" default:"${hello}" placeholder:"TEXT" help:"Text message to send once a connection is open, for example to join a room. {room} and {user} are replaced. May be repeated; sent in order."`
	Publish     string            `json:"publish" default:"${publish}" placeholder:"TEXT" help:"Template of a published message; {text}, {room} and {user} are replaced. Default: the text alone."`
	Ping        string            `json:"ping,omitempty" placeholder:"TEXT" help:"Text message that the server sends as a ping of its own. Default: the text of --pong."`
	Pong        string            `json:"pong" placeholder:"TEXT" help:"Text message with which the client answers a ping of --ping. Default: the text of --ping."`
	Header      []string          `json:"-" sep:"none" placeholder:"NAME: VALUE" help:"Further header of each request for an upgrade, such as Origin, Cookie, Authorization or Sec-WebSocket-Protocol. May be repeated."`
	Speak       string            `json:"speak,omitempty" default:"${speak}" enum:"plenum,raw,centrifugo,socketio,pusher" help:"Protocol of the server: plenum, or whatever --hello and --publish say; raw, texts alone, sent to everybody at the URL; centrifugo, the JSON protocol of Centrifugo; socketio, Socket.IO over WebSocket; pusher, the Pusher Channels protocol. Except for plenum, the defaults of --url, --hello and --publish are those of the protocol. bench/README.md describes each."`
	App         string            `json:"-" placeholder:"KEY:SECRET" help:"App of --speak=pusher. The server must allow client events, at the rate of a sender."`
	TokenSecret string            `json:"-" placeholder:"KEY" help:"HMAC key of the tokens with which --speak=centrifugo connects, each with the user as its subject. Default: no token."`
	TLSCA       string            `json:"-" name:"tls-ca" placeholder:"FILE" help:"PEM file with the certificate authority to trust for a wss:// URL, or with the server's own certificate. Default: the system's authorities."`
	Compression bool              `json:"compression,omitempty" help:"Offer permessage-deflate, and fail if the server does not accept it. Messages that the client sends are not compressed."`
	Name        string            `json:"name" default:"plenum" help:"Name of the server in the result. Default with --speak=raw, centrifugo or socketio: that name. Default with a --url of your own and without --speak: its host and port."`
	Label       map[string]string `json:"-" mapsep:"none" placeholder:"KEY=VALUE" help:"Label to add to the result. May be repeated. Use other names than a suite does, such as set, entry and build."`
	PID         int               `json:"pid" placeholder:"PID" help:"Process ID of the server, to measure its processor time and memory. Default: the process that listens at the address, if that is a loopback address (127.x.x.x or ::1)."`
	Duration    Duration          `json:"duration" default:"${duration}" help:"Time to measure, more than 0s. idle: at each number of connections. presence: longest wait for the last list of users."`
	Loops       int               `json:"loops" default:"0" help:"Epoll loops of each process, 0 to 1024. 0 means one per core."`
	Dialers     int               `json:"dialers" default:"64" help:"Number of connections opened at the same time, 1 to 1024."`

	hosts map[string]netip.AddrPort `kong:"-"` // of the URL or of the nodes, set by resolve
}

func (o *Options) target() load.Target {
	d := o.dialect()
	return load.Target{
		URL: d.URL(o.URL), Nodes: o.Node, Publish: d.Publish(o.Publish), CA: o.TLSCA, Compression: o.Compression, Headers: o.Header,
		NoSelf: d.Name == speak.Pusher, Dialect: d, Hosts: o.hosts,
	}
}

func (o *Options) loops() int {
	if o.Loops == 0 {
		return runtime.NumCPU()
	}
	return o.Loops
}

// rule is one condition on the value of a flag.
type rule struct {
	flag  string
	holds bool
	must  string
	got   any
}

// broken returns an error for the first rule that does not hold, or nil.
func broken(rules ...rule) error {
	for _, r := range rules {
		if !r.holds {
			return fmt.Errorf("--%s: must be %s, got %v", r.flag, r.must, r.got)
		}
	}
	return nil
}

func (o *Options) check() error { return o.checkLasting(time.Duration(o.Duration)) }

// checkLasting is check for a run that measures that long.
func (o *Options) checkLasting(measured time.Duration) error {
	if slices.Equal(o.Hello, []string{""}) {
		o.Hello = nil // a flag with a default cannot be an empty list
	}
	err := broken(
		rule{"duration", measured > 0, "more than 0s", measured},
		rule{"loops", o.Loops >= 0 && o.Loops <= 1024, "0 (one per core) to 1024", o.Loops},
		rule{"dialers", o.Dialers >= 1 && o.Dialers <= 1024, "1 to 1024", o.Dialers},
		rule{"pid", o.PID >= 0 && (o.PID == 0 || len(o.Node) < 2), "a process ID or 0, and 0 with several nodes", o.PID},
	)
	if err != nil {
		return err
	}
	if err := o.checkSpeak(); err != nil {
		return err
	}
	if err := o.checkBroker(); err != nil {
		return err
	}
	t := o.target()
	o.URL, o.Publish, o.Name = t.URL, t.Publish, t.Dialect.Server(o.Name) // for the result
	return t.Check()
}

// resolve finds the addresses of the server's hosts. A second call does nothing, so all connections of a run, and all
// steps of a search, use the same addresses.
func (o *Options) resolve(ctx context.Context) (err error) {
	if o.hosts == nil {
		o.hosts, err = o.target().Resolve(ctx)
	}
	return err
}

// result resolves the server's hosts. It returns an empty result of a scenario, and a Server that measures the server's
// processes. If no process is found, the Server is nil and the result has a note. If the user
// named the process by --pid, that is an error.
func (o *Options) result(ctx context.Context, scenario string, options any) (*Result, *observe.Server, error) {
	if err := o.resolve(ctx); err != nil {
		return nil, nil, err
	}
	r := &Result{
		Scenario: scenario, Target: o.Name, Labels: o.Label, Options: options,
		StartedAt: time.Now().UTC(), Environment: observe.ReadEnvironment(), hosts: o.hosts,
	}
	watch, err := o.findServer(ctx)
	if err != nil && o.PID != 0 {
		return nil, nil, fmt.Errorf("--pid: %w", err)
	}
	if err != nil {
		r.Notes = append(r.Notes, "the server's process was not found: "+err.Error())
		return r, watch, nil
	}
	if watch.Broker, err = o.broker(ctx); err != nil {
		return nil, nil, fmt.Errorf("--broker: %w", err)
	}
	if watch.Writes, err = observe.FindWrites(o.Metrics); err != nil {
		return nil, nil, fmt.Errorf("--metrics: %w", err)
	}
	return r, watch, nil
}

// findServer finds the server's processes. A server that has just started may not listen yet, so it looks again for a second.
func (o *Options) findServer(ctx context.Context) (*observe.Server, error) {
	const patience, step = time.Second, 50 * time.Millisecond
	for end := time.Now().Add(patience); ; {
		watch, err := observe.FindServer(o.PID, o.target().Addresses())
		if !errors.Is(err, observe.ErrNotListening) || time.Now().After(end) || clock.Sleep(ctx, step) != nil {
			return watch, err
		}
	}
}

// broker finds the NATS server between the nodes. It returns nil if there is none.
func (o *Options) broker(ctx context.Context) (*observe.Broker, error) {
	if o.Broker == "" {
		return nil, nil
	}
	address, err := endpoint.Resolve(ctx, &url.URL{Scheme: "ws", Host: o.Broker})
	if err != nil {
		return nil, err
	}
	return observe.FindBroker(address, o.Metrics)
}

// checkBroker returns an error if --broker cannot be an address.
func (o *Options) checkBroker() error {
	u, err := url.Parse("ws://" + o.Broker)
	if o.Broker == "" || err == nil && u.Host == o.Broker && u.Port() != "" && endpoint.Check(u) == nil {
		return nil
	}
	return fmt.Errorf("--broker: must be a host and a port, such as 127.0.0.1:8222, got %q", o.Broker)
}

// finish judges the result and returns it. If ctx has ended, the result is marked as cut. err is
// the error that ended the run, or nil. An error that the end of ctx did not cause is returned
// instead of the result.
func (r *Result) finish(ctx context.Context, err error) (*Result, error) {
	r.Cut = ctx.Err() != nil
	if err != nil && !(r.Cut && errors.Is(err, context.Cause(ctx))) {
		return nil, err
	}
	if err != nil {
		r.Reasons = append(r.Reasons, "interrupted before it had figures")
	}
	r.judge()
	return r, nil
}
