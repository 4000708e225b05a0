// Package settings reads what plenum is told by its command line, its
// environment and its YAML file, in that order of precedence, and refuses what
// cannot be served.
//
// It starts nothing and prints nothing but the help that was asked for.
package settings

import (
	"errors"
	"time"
)

// ErrHelp is returned by Parse once it has printed the help that was asked for.
// The program ends with status 0.
var ErrHelp = errors.New("help was asked for")

// Error says in one line what is wrong with the flags, the environment or the
// file. It does not carry the program's name.
type Error struct{ reason string }

func (e *Error) Error() string { return e.reason }

// ExitCode is the status to end the program with.
func (*Error) ExitCode() int { return 2 }

// Command is what the command line asks for.
type Command struct {
	Name     string    // "serve", "doctor", "token" or "version"
	Serve    Serve     // the defaults where Name is not "serve"
	Doctor   Doctor    // the defaults where Name is not "doctor"
	Token    Token     // the defaults where Name is not "token"
	Settings []Setting // in the order of the help; empty where Name is not "serve"
}

// Setting is one effective value of Serve and where it came from.
type Setting struct {
	Name   string // the flag's name without dashes, which is also the file's key
	Value  string // as it could be written in the file
	Origin string // "flag", "env PLENUM_X", "file plenum.yaml" or "default"
}

// Serve is what `plenum serve` can be told. The order of the fields is the order
// of the help and of Command.Settings; every range named here is held by check.
type Serve struct {
	Listen           string        `default:"127.0.0.1:8080" help:"Public address, host:port; port 0 takes a free one."`
	Admin            string        `default:"127.0.0.1:9090" help:"Admin address, host:port, not the public one; empty: off."`
	AdminRemote      bool          `help:"Allow --admin on an address that other machines reach: it shows metrics and profiles to whoever asks."`
	TLSCert          Nonempty      `placeholder:"FILE" help:"Certificate chain in PEM: the public listener speaks TLS 1.2 and 1.3. Read again at SIGHUP."`
	TLSKey           Nonempty      `placeholder:"FILE" help:"The certificate's key in PEM."`
	Origins          []string      `placeholder:"ORIGIN" help:"Origins allowed besides the same one, like https://chat.example.org; *: any."`
	Hosts            []string      `placeholder:"HOST" help:"Host names, besides localhost and loopback addresses, that name this machine, like chat.test: a listener on a loopback address refuses all others on its own port."`
	PingPeriod       time.Duration `default:"15s" help:"Silence before a ping, 0s or more; 0s: off."`
	PingTimeout      time.Duration `default:"15s" help:"Wait for an answer to a ping, more than 0s while pings are on."`
	MaxMessage       Bytes         `default:"64KiB" help:"Largest message a client may send, 125B to 1GiB."`
	MaxConns         int           `default:"0" help:"Most connections, 0 or more; 0: what the descriptor limit allows, less a reserve."`
	MaxConnsPerIP    int           `default:"0" help:"Most connections of one IPv4 address or IPv6 /64 network, 0 or more; 0: no bound."`
	MaxRoomsPerConn  int           `default:"128" help:"Most rooms of one connection to /ws, 1 to 65536."`
	MaxRooms         int           `default:"0" help:"Most rooms with members, 0 or more; 0: no bound."`
	AcceptRate       int           `default:"0" help:"Most connections accepted a second, 0 or more; 0: no bound."`
	RateMessages     int           `default:"0" help:"Most messages, or frames of them, a second that a client may send, 0 or more; 0: no bound."`
	RateBytes        Bytes         `default:"0" help:"Most bytes a second that a client may send, 0 to 1GiB; 0: no bound."`
	JWTSecret        Secret        `placeholder:"SECRET" help:"Secret of the tokens (HS256) that everyone then needs, 32 bytes or more; in the environment or the file rather than for all to see here."`
	JWTJWKS          Nonempty      `name:"jwt-jwks" placeholder:"FILE" help:"Key set of the tokens (RS256, ES256, EdDSA) that everyone then needs; instead of --jwt-secret."`
	JWTAudience      Nonempty      `placeholder:"AUDIENCE" help:"Audience that a token has to be for."`
	JWTIssuer        Nonempty      `placeholder:"ISSUER" help:"Issuer that a token has to be from."`
	Compression      string        `default:"off" help:"Compress messages for clients that can read it (permessage-deflate): off or on."`
	CompressionMin   Bytes         `default:"512B" help:"Least message to compress, 1B or more."`
	HandshakeTimeout time.Duration `default:"10s" help:"Time for a request's head, more than 0s."`
	IdleTimeout      time.Duration `default:"75s" help:"Time that an HTTP connection may wait for another request, more than 0s; more than that of a proxy or load balancer in front."`
	HistoryMessages  int           `default:"100" help:"Messages kept of a room for who comes back, 0 to 1000000; 0: none."`
	HistoryAnnounced int           `name:"history-announcements" default:"1000" help:"Announcements kept of a room, 1 to 1000000: its history reaches back to the oldest of these or of --history-messages, whichever is nearer."`
	HistoryAge       time.Duration `default:"10m" help:"How long a message is kept, 0s to 168h, in whole seconds; 0s: none."`
	HistoryMemory    Bytes         `default:"256MiB" help:"Memory for what is kept of all rooms, 0 or more: the least recently used give way; 0: none is kept."`
	SlowPolicy       string        `default:"close" help:"What becomes of a member further behind than --slow-lag: close ends it with 1013, skip tells it the gap and goes on."`
	SlowLag          Bytes         `default:"1MiB" help:"How far a slow member may fall behind, 1KiB to 1GiB."`
	AnnounceLimit    int           `default:"100" help:"Members up to which each join and leave is announced, -1 or more; above: a digest a second; 0: digests only; --announce-limit=-1: neither."`
	DrainDelay       time.Duration `default:"0s" help:"Wait between not being ready and closing anyone, when told to stop, 0s or more."`
	DrainWindow      time.Duration `default:"10s" help:"Time over which everyone is closed when told to stop, 0s or more."`
	MemoryLimit      MemoryLimit   `default:"auto" help:"Memory to stay below, 32MiB or more: from 90% of it on nobody new is let in; auto: the cgroup's; 0: no bound."`
	Pollers          int           `default:"0" help:"Poller threads, 0 to 1024; 0: one a core."`
	Cluster          Brokers       `placeholder:"URL" help:"NATS servers with JetStream, nats://host:port, separated by commas: rooms then span all nodes that are given them. With a password, in the environment or the file."`
	LogLevel         string        `default:"info" help:"Least level logged: debug, info, warn or error."`
	LogFormat        string        `default:"text" help:"Form of the log: text or json."`
	DemoRoutes       bool          `default:"true" negatable:"" help:"Serve /chat, /echo, /hello, /echo/raw and /sse/notifications."`

	Config      string `placeholder:"FILE" help:"YAML file of settings, keys named like the flags."`
	PrintConfig bool   `help:"Print the effective settings and where each came from, then exit."`
}

// Doctor is what `plenum doctor` can be told.
type Doctor struct {
	Connections int    `default:"0" help:"Say what to set for so many, 0 to 1000000000, and end with status 1 where they cannot be held; 0: what the memory holds, 1000000 at most."`
	TLS         bool   `help:"Count what TLS takes."`
	Root        string `default:"/" help:"Directory that the machine's /proc is in, such as that of a container's host; the limits are still those of this process."`
	Settings    bool   `help:"Print only what to set: kind, name, value now and value wanted, by tabs."`
}

// fileKey reports whether the flag is also a key of the file and a Setting, and
// not only about them.
func fileKey(name string) bool {
	return name != "config" && name != "print-config"
}
