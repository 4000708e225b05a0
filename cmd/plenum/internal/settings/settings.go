// Package settings reads plenum's settings from the command line, the environment and a YAML file, in that
// order of precedence. It checks them and refuses values that the server cannot use.
//
// It starts nothing. It prints only help, and only if help was requested.
package settings

import (
	"errors"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// ErrHelp is returned by Parse after it has printed the requested help. The program should exit with status 0.
var ErrHelp = errors.New("help was printed")

// Error describes an invalid flag, variable or file in one line. The text does not begin with the program's name.
type Error struct{ reason string }

func (e *Error) Error() string { return e.reason }

// ExitCode returns the exit status for the program.
func (*Error) ExitCode() int { return 2 }

// Command is a parsed command line. Settings that belong to another command have their defaults.
type Command struct {
	Name     string // "serve", "doctor", "token" or "version"
	Serve    Serve
	Doctor   Doctor
	Token    Token
	Settings []Setting // of "serve", in the order of its help; empty for other commands
}

// Setting is one effective value of Serve.
type Setting struct {
	Name       string // the flag's name without dashes, which is also the key in the file
	Value      string // in the form that the file takes
	Origin     string // "flag", "env PLENUM_X", "file plenum.yaml" or "default"
	Reloadable bool   // SIGHUP can change it

	value func() any // all of the value, which may have secrets. A function, so that no one prints them.
}

// Same reports whether s has the value of another one, also in the parts that Value does not show.
func (s Setting) Same(other Setting) bool { return reflect.DeepEqual(s.value(), other.value()) }

// Serve holds the settings of `plenum serve`. The order of the fields is the order of the help, of
// Command.Settings and of the table in OPERATING.md. The check method enforces every range in a help text.
// Fields with the tag "reload" take effect at SIGHUP; the others need a restart.
type Serve struct {
	Listen      string   `group:"addresses" default:"127.0.0.1:8080" help:"Public address, host:port. Port 0 takes a free port."`
	Admin       string   `group:"addresses" default:"127.0.0.1:9090" help:"Address of the admin listener, host:port, other than --listen. Empty: off."`
	AdminRemote bool     `group:"addresses" help:"Allow --admin on an address that other machines can reach. Everyone who can connect can then read metrics and profiles."`
	TLSCert     Nonempty `group:"addresses" reload:"" placeholder:"FILE" help:"Certificate file in PEM, the server's own certificate before its chain. The public listener then serves only HTTPS and WSS, with TLS 1.2 or 1.3."`
	TLSKey      Nonempty `group:"addresses" reload:"" placeholder:"FILE" help:"Private key file of --tls-cert, in PEM."`
	Origins     []string `group:"addresses" reload:"" placeholder:"ORIGIN" help:"Origins of other sites whose pages may connect, such as https://chat.example.org. *: any origin."`
	Hosts       []string `group:"addresses" reload:"" placeholder:"HOST" help:"Names, without a port, that a listener on a loopback address accepts in the Host header besides localhost and loopback addresses, such as chat.test. It refuses requests with another name and its own port."`

	JWTSecret     Secret   `group:"sign-in" reload:"" placeholder:"SECRET" help:"Secret of HS256 tokens, 32 bytes or more. Every client then needs a token. Everyone on the machine can read a command line, so prefer --jwt-secret-file."`
	JWTSecretFile Nonempty `group:"sign-in" reload:"" placeholder:"FILE" help:"File that contains the secret of HS256 tokens, instead of --jwt-secret. One newline at its end is not part of the secret."`
	JWTJWKS       Nonempty `group:"sign-in" reload:"" name:"jwt-jwks" placeholder:"FILE" help:"File with a JSON Web Key Set for RS256, ES256 or EdDSA tokens, instead of a secret. Every client then needs a token."`
	JWTAudience   Nonempty `group:"sign-in" reload:"" placeholder:"AUDIENCE" help:"Audience (aud) that every token must name."`
	JWTIssuer     Nonempty `group:"sign-in" reload:"" placeholder:"ISSUER" help:"Issuer (iss) that every token must name."`
	APIKey        Secret   `group:"sign-in" reload:"" placeholder:"KEYS" help:"Keys with which back ends may call the API from anywhere, separated by commas: 32 to 512 bytes each, at most 16. Everyone on the machine can read a command line, so prefer the environment or --api-key-file."`
	APIKeyFile    Nonempty `group:"sign-in" reload:"" placeholder:"FILE" help:"File that contains these keys, one per line, instead of --api-key. Empty lines and lines that begin with # are ignored."`

	Apps         Apps `group:"apps" reload:"" sep:"none" aliases:"app" placeholder:"ID:KEY:SECRET" help:"Apps that may use the Pusher Channels protocol. --app is the same flag, and may be repeated. Everyone on the machine can read a command line, so prefer the file, where each app is a mapping with further settings."`
	PresenceList int  `group:"apps" default:"1000" help:"Number of users in the list that a newcomer of a presence channel gets, 1 to 100000. A channel with at most this many subscriptions announces each join and leave, a larger one nobody."`

	MaxConns        int         `group:"limits" default:"0" help:"Maximum number of connections, 0 or more. 0: as many as the descriptor limit allows, less a reserve."`
	MaxConnsPerIP   int         `group:"limits" default:"0" help:"Maximum number of WebSockets and event streams per IPv4 address or IPv6 /64 network, 0 or more. 0: no limit."`
	AcceptRate      int         `group:"limits" reload:"" default:"0" help:"Maximum number of connections accepted per second, 0 or more. 0: no limit."`
	MaxRooms        int         `group:"limits" default:"0" help:"Maximum number of rooms that have members, 0 or more. 0: no limit."`
	MaxRoomsPerConn int         `group:"limits" default:"128" help:"Maximum number of rooms per connection to /ws, 1 to 65536."`
	MaxMessage      Bytes       `group:"limits" default:"64KiB" help:"Maximum size of a message from a client, 125B to 1GiB."`
	RateMessages    int         `group:"limits" reload:"" default:"0" help:"Maximum number of messages or fragments per second from one client, 0 or more. 0: no limit."`
	RateBytes       Bytes       `group:"limits" reload:"" default:"0" help:"Maximum number of bytes per second from one client, 0 to 1GiB. 0: no limit."`
	MemoryLimit     MemoryLimit `group:"limits" default:"auto" help:"Memory limit, 32MiB or more. New connections are refused from 90% of it. auto: the limit that the cgroup has at the start. 0: no limit."`

	AnnounceLimit    int           `group:"rooms" default:"100" help:"Number of members up to which a room announces each join and leave, -1 or more. Larger rooms send one digest per second. 0: digests only. --announce-limit=-1: neither."`
	SlowPolicy       string        `group:"rooms" default:"close" help:"Policy for members that are more than --slow-lag behind. close: close the connection with 1013. skip: skip messages and send a gap."`
	SlowLag          Bytes         `group:"rooms" default:"1MiB" help:"Maximum number of bytes that a member may be behind its room, 1KiB to 1GiB."`
	WriteDelay       time.Duration `group:"rooms" default:"0s" help:"Time that a room waits after a message before it writes to its members, 0s to 1s. More messages then share a write, which saves processor time. 64KiB, or a quarter of --slow-lag if that is less, are written at once."`
	HistoryMessages  int           `group:"rooms" default:"100" help:"Messages kept per room for clients that reconnect, 0 to 1000000. 0: none."`
	HistoryAnnounced int           `group:"rooms" name:"history-announcements" default:"1000" help:"Announcements kept per room, 1 to 1000000. A room with more loses its oldest messages too, even if it has fewer than --history-messages."`
	HistoryAge       time.Duration `group:"rooms" default:"10m" help:"Time for which a message is kept, 0s to 168h, in whole seconds. 0s: no history."`
	HistoryMemory    Bytes         `group:"rooms" default:"256MiB" help:"Memory for the history of all rooms together, 0 or more. The least recently used rooms lose their history first. 0: no history."`
	Rooms            Rooms         `group:"rooms" sep:"none" placeholder:"YAML" help:"Settings of the rooms whose names match a pattern, a list of mappings with the keys match, announcements, history-messages, history-age and publish. The first match counts. Meant for the file."`

	WebhookURL        HookURL  `group:"rooms" reload:"" name:"webhook-url" placeholder:"URL" help:"HTTP server that is sent the events of rooms, http or https. Apps have webhooks of their own."`
	WebhookSecret     Secret   `group:"rooms" reload:"" placeholder:"SECRET" help:"Secret for the signature of the requests to --webhook-url, 8 bytes or more. Everyone on the machine can read a command line, so prefer --webhook-secret-file."`
	WebhookSecretFile Nonempty `group:"rooms" reload:"" placeholder:"FILE" help:"File that contains the secret, instead of --webhook-secret. One newline at its end is not part of the secret."`
	WebhookEvents     []string `group:"rooms" reload:"" placeholder:"EVENT" help:"Events that are sent: room_occupied, room_vacated, member_joined and member_left. Default: all."`

	Data     Nonempty      `group:"rooms" placeholder:"DIR" help:"Directory that keeps messages, seq and epochs over a restart of this node, within the bounds of the history. Not with --cluster, whose brokers do that."`
	DataSync time.Duration `group:"rooms" default:"1s" help:"Time between syncs of --data to the disk, 0s to 1h. A power cut loses at most the messages of about this time. 0s: sync before each answer, so that it loses none."`

	PingPeriod       time.Duration `group:"connections" default:"15s" help:"Time without data from a client after which it gets a ping, 0s or more. 0s: no pings."`
	PingTimeout      time.Duration `group:"connections" default:"15s" help:"Time to wait for an answer to a ping before the connection is closed. More than 0s, unless pings are off."`
	HandshakeTimeout time.Duration `group:"connections" default:"10s" help:"Time for the TLS handshake and the head of a request, more than 0s."`
	IdleTimeout      time.Duration `group:"connections" default:"75s" help:"Time for which an HTTP connection may wait for its next request, more than 0s. It must be longer than the same timeout of a proxy in front."`
	Compression      string        `group:"connections" default:"off" help:"Compress messages for clients that offer permessage-deflate: off or on."`
	CompressionMin   Bytes         `group:"connections" default:"512B" help:"Minimum size of a message to compress, 1B or more."`
	Pollers          int           `group:"connections" default:"0" help:"Number of poller threads, 0 to 1024. 0: one per processor."`

	DrainDelay     time.Duration `group:"process" reload:"" default:"0s" help:"Time from the stop signal, when /readyz turns 503, to the first closed connection, 0s or more."`
	DrainWindow    time.Duration `group:"process" reload:"" default:"10s" help:"Time over which a stopping server closes its connections, 0s or more."`
	Cluster        Brokers       `group:"process" placeholder:"URL" help:"NATS servers with JetStream, nats://host:port, separated by commas. Rooms span all nodes with the same servers. Put a password into the environment or the file."`
	ClusterStreams int           `group:"process" default:"1" help:"Number of JetStream streams that share the rooms of a cluster, 1 to 64. The same on all nodes. Another number begins new epochs."`
	LogLevel       string        `group:"process" reload:"" default:"info" help:"Lowest level that is logged: debug, info, warn or error."`
	LogFormat      string        `group:"process" default:"text" help:"Format of the log: text or json."`
	DemoRoutes     bool          `group:"process" default:"true" negatable:"" help:"Serve /chat, /echo, /hello, /echo/raw and /sse/notifications."`

	Config      string `group:"process" placeholder:"FILE" help:"YAML file of settings. Its keys are the flags' names."`
	PrintConfig bool   `group:"process" help:"Print the effective settings and the origin of each, then exit."`
}

// groups are the headings of the help and of OPERATING.md for the "group" tags of Serve.
var groups = []kong.Group{
	{Key: "addresses", Title: "Addresses and TLS"},
	{Key: "sign-in", Title: "Sign-in"},
	{Key: "apps", Title: "Pusher Channels protocol"},
	{Key: "limits", Title: "Limits"},
	{Key: "rooms", Title: "Rooms"},
	{Key: "connections", Title: "Connections"},
	{Key: "process", Title: "Process"},
}

// Doctor holds the settings of `plenum doctor`.
type Doctor struct {
	Connections    int      `default:"0" help:"Number of connections to check for, 0 to 1000000000. Exit status 1: this machine cannot hold them. 0: as many as the memory holds, at most 1000000."`
	TLS            bool     `help:"Include the memory that TLS takes."`
	Root           string   `default:"/" help:"Directory that contains the machine's proc folder, for example the root of a container's host. Process limits are still those of this process."`
	Data           Nonempty `placeholder:"DIR" help:"Directory of the server's --data to check: whether it can be written to, its space, and each stored message. Exit status 1: it cannot be used, or messages are damaged."`
	Settings       bool     `help:"Print only the settings to change, separated by tabs: kind, name, current value, wanted value."`
	Cluster        Brokers  `placeholder:"URL" help:"NATS servers of the server's --cluster to check: whether they answer, and the streams that they have. Exit status 1: they do not answer, or have messages of another --cluster-streams."`
	ClusterStreams int      `default:"1" help:"The server's --cluster-streams, 1 to 64."`
	PresenceList   int      `default:"1000" help:"The server's --presence-list, 1 to 100000. The bounds of presence channels are printed for it."`
}

// reloadTag is the tag of the settings that SIGHUP can change.
const reloadTag = "reload"

// isSetting reports whether the flag is a Setting and a key of the file. The flags config and print-config are not, because
// they tell the program how to read and print the settings.
func isSetting(name string) bool {
	return name != "config" && name != "print-config"
}
