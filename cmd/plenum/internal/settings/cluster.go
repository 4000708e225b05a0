package settings

import (
	"errors"
	"net/url"
	"strings"

	"github.com/alecthomas/kong"
)

// Brokers is where NATS servers are, separated by commas; empty: there are none. Who it signs
// in as is never shown.
type Brokers string

// Decode reads it for kong, whose own errors would show it.
func (b *Brokers) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.PopValueInto("url", &text) != nil {
		return errors.New("expected a value; after = where it begins with a dash")
	}
	*b = Brokers(text)
	return nil
}

// String is b without its secrets.
func (b Brokers) String() string {
	if b == "" {
		return ""
	}
	all := strings.Split(string(b), ",")
	for i, broker := range all {
		if scheme, rest, ok := strings.Cut(broker, "://"); ok {
			all[i] = scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
			continue
		}
		all[i] = "(no URL)"
	}
	return strings.Join(all, ",")
}

// GoString is String: %#v shows no more.
func (b Brokers) GoString() string { return b.String() }

// rule holds that each of b is a URL to connect to.
func (b Brokers) rule() rule {
	r := rule{"cluster", true, "like nats://host:4222, or tls://, several separated by commas", b.String()}
	if b == "" {
		return r
	}
	for broker := range strings.SplitSeq(string(b), ",") {
		u, err := url.Parse(strings.TrimSpace(broker))
		r.holds = r.holds && err == nil && (u.Scheme == "nats" || u.Scheme == "tls") && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
	}
	return r
}
