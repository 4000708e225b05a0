package settings

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/units"

	"plenum/engine/origin"
)

// rule is a condition on a flag's value.
type rule struct {
	flag  string // without dashes
	holds bool
	must  string // the condition, to follow "must be"
	got   any    // the value
}

// check returns an error for the first invalid setting. The error begins with the flag. The contents of
// files that settings name are checked last.
func (s *Serve) check() error {
	err := firstBroken(slices.Concat(s.addressRules(), s.timeRules(), s.sizeRules(), s.choiceRules(), s.tlsRules(), s.signInRules(), s.roomRules(), s.webhookRules()))
	if err == nil {
		_, err = s.Certificate()
	}
	if err == nil {
		_, err = s.Verifier()
	}
	if err == nil {
		_, err = s.APIKeys()
	}
	if err == nil {
		_, err = s.Apps.Configs()
	}
	if err == nil {
		_, err = s.Webhook()
	}
	return err
}

func (d *Doctor) check() error {
	const most = 1_000_000_000
	return firstBroken([]rule{
		{"connections", between(d.Connections, 0, most), "between 0 (as many as the memory holds) and 1000000000", d.Connections},
		{"cluster-streams", between(d.ClusterStreams, 1, maxStreams), "between 1 and 64", d.ClusterStreams},
		{"presence-list", between(d.PresenceList, 1, maxPresence), "between 1 and 100000", d.PresenceList},
		d.Cluster.rule(),
	})
}

// firstBroken returns an error for the first rule that does not hold.
func firstBroken(rules []rule) error {
	for _, r := range rules {
		if r.holds {
			continue
		}
		if text, ok := r.got.(string); ok {
			r.got = strconv.Quote(text)
		}
		return fmt.Errorf("--%s: must be %s, got %v", r.flag, r.must, r.got)
	}
	return nil
}

func (s *Serve) addressRules() []rule {
	rules := []rule{
		{"listen", isAddress(s.Listen), "host:port with a port from 0 to 65535", s.Listen},
		{"admin", s.Admin == "" || isAddress(s.Admin), "empty or host:port with a port from 0 to 65535", s.Admin},
		{"admin", s.AdminRemote || s.Admin == "" || isLoopback(s.Admin), "a loopback address unless --admin-remote is on", s.Admin},
		{"admin", s.Admin != s.Listen || takesFreePort(s.Admin), "another address than --listen", s.Admin},
	}
	for _, o := range s.Origins {
		rules = append(rules, rule{"origins", isOrigin(o), "* or like https://chat.example.org", o})
	}
	for _, host := range s.Hosts {
		rules = append(rules, rule{"hosts", isHost(host), "a name or address without a port, like chat.test", host})
	}
	return rules
}

func (s *Serve) timeRules() []rule {
	return []rule{
		{"ping-period", s.PingPeriod >= 0, "0s (off) or more", s.PingPeriod},
		{"ping-timeout", s.PingTimeout >= 0, "0s or more", s.PingTimeout},
		{"ping-timeout", s.PingTimeout > 0 || s.PingPeriod == 0, "more than 0s while --ping-period is on", s.PingTimeout},
		{"drain-delay", s.DrainDelay >= 0, "0s or more", s.DrainDelay},
		{"drain-window", s.DrainWindow >= 0, "0s or more", s.DrainWindow},
		{"history-age", s.HistoryAge >= 0 && s.HistoryAge <= maxHistoryAge && s.HistoryAge%time.Second == 0, "0s to 168h, in whole seconds", s.HistoryAge},
		{"data-sync", s.DataSync >= 0 && s.DataSync <= time.Hour, "between 0s (before each answer) and 1h", s.DataSync},
		{"handshake-timeout", s.HandshakeTimeout > 0, "more than 0s", s.HandshakeTimeout},
		{"idle-timeout", s.IdleTimeout > 0, "more than 0s", s.IdleTimeout},
		{"write-delay", s.WriteDelay >= 0 && s.WriteDelay <= time.Second, "between 0s (none) and 1s", s.WriteDelay},
	}
}

// maxHistoryAge is one week. Messages that must be kept for longer belong in a database.
const maxHistoryAge = 7 * 24 * time.Hour

// maxStreams is the largest --cluster-streams.
const maxStreams = 64

// maxPresence is the largest --presence-list.
const maxPresence = 100_000

func (s *Serve) sizeRules() []rule {
	const maxPollers, maxRoomsPerConn, maxHistory = 1024, 65536, 1_000_000
	return []rule{
		// A control frame may contain 125 bytes (RFC 6455 section 5.5).
		{"max-message", between(s.MaxMessage, 125, Bytes(units.GiB)), "between 125B and 1GiB", s.MaxMessage},
		{"compression-min", s.CompressionMin >= 1, "1B or more", s.CompressionMin},
		{"slow-lag", between(s.SlowLag, Bytes(units.KiB), Bytes(units.GiB)), "between 1KiB and 1GiB", s.SlowLag},
		{"max-conns", s.MaxConns >= 0, "0 (the descriptor limit) or more", s.MaxConns},
		{"max-conns-per-ip", s.MaxConnsPerIP >= 0, "0 (no limit) or more", s.MaxConnsPerIP},
		{"max-rooms", s.MaxRooms >= 0, "0 (no limit) or more", s.MaxRooms},
		{"max-rooms-per-conn", between(s.MaxRoomsPerConn, 1, maxRoomsPerConn), "between 1 and 65536", s.MaxRoomsPerConn},
		{"history-messages", between(s.HistoryMessages, 0, maxHistory), "between 0 (none) and 1000000", s.HistoryMessages},
		{"history-announcements", between(s.HistoryAnnounced, 1, maxHistory), "between 1 and 1000000", s.HistoryAnnounced},
		{"history-memory", s.HistoryMemory >= 0, "0B (no history) or more", s.HistoryMemory},
		{"accept-rate", s.AcceptRate >= 0, "0 (no limit) or more", s.AcceptRate},
		{"rate-messages", s.RateMessages >= 0, "0 (no limit) or more", s.RateMessages},
		{"rate-bytes", between(s.RateBytes, 0, Bytes(units.GiB)), "between 0B (no limit) and 1GiB", s.RateBytes},
		{"memory-limit", s.MemoryLimit.holds(), "auto, 0 (no limit), or 32MiB or more", s.MemoryLimit},
		{"announce-limit", s.AnnounceLimit >= -1, "-1 (no announcements), 0 (digests only) or more", s.AnnounceLimit},
		{"presence-list", between(s.PresenceList, 1, maxPresence), "between 1 and 100000", s.PresenceList},
		{"cluster-streams", between(s.ClusterStreams, 1, maxStreams), "between 1 and 64", s.ClusterStreams},
		{"pollers", between(s.Pollers, 0, maxPollers), "between 0 (one per processor) and 1024", s.Pollers},
	}
}

func (s *Serve) choiceRules() []rule {
	levels := []string{"debug", "info", "warn", "error"}
	return []rule{
		s.Cluster.rule(),
		{"cluster-streams", s.Data == "" || s.ClusterStreams == 1, "1 with --data", s.ClusterStreams},
		{"data", s.Data == "" || s.Cluster == "", "empty if --cluster is set, because its brokers keep the messages", string(s.Data)},
		{"compression", s.Compression == "off" || s.Compression == "on", "off or on", s.Compression},
		{"slow-policy", s.SlowPolicy == "close" || s.SlowPolicy == "skip", "close or skip", s.SlowPolicy},
		{"log-level", slices.Contains(levels, s.LogLevel), "debug, info, warn or error", s.LogLevel},
		{"log-format", s.LogFormat == "text" || s.LogFormat == "json", "text or json", s.LogFormat},
	}
}

func between[T Bytes | int](n, low, high T) bool {
	return low <= n && n <= high
}

// isLoopback reports whether only this machine can reach address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback())
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// takesFreePort reports whether the system chooses the port. Only then can two listeners have the same address.
func takesFreePort(address string) bool {
	return strings.HasSuffix(address, ":0")
}

// isOrigin reports whether s is * or a text that a browser can send as its Origin (RFC 6454 section 6.1).
// An origin has no path and no slash at the end.
func isOrigin(s string) bool {
	return s == "*" || origin.Canonical(s) != "" && !strings.Contains(s, "*")
}

// isHost reports whether s can be a Host header without a port. An IPv6 address must be in brackets.
func isHost(s string) bool {
	_, port := origin.Split(s, "")
	return port == "" && !strings.Contains(s, "*") && !strings.HasSuffix(s, ":") && origin.Canonical("app://"+s) != ""
}
