package settings

import (
	"net/url"
	"strings"

	"github.com/alecthomas/kong"
)

// Brokers is a list of URLs of NATS servers, separated by commas. Empty means that this node runs alone.
// String and GoString leave out the user and password.
type Brokers string

// Decode parses the value for kong. The errors of kong itself would show the password.
func (b *Brokers) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.PopValueInto("url", &text) != nil {
		return valueMissing(ctx)
	}
	*b = Brokers(text)
	return nil
}

// String returns the URLs without user and password.
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

// GoString returns String, so that %#v does not show the password.
func (b Brokers) GoString() string { return b.String() }

// rule requires that every element of b is a URL of a NATS server.
func (b Brokers) rule() rule {
	r := rule{"cluster", true, "URLs like nats://host:4222 or tls://host:4222, separated by commas", b.String()}
	if b == "" {
		return r
	}
	for broker := range strings.SplitSeq(string(b), ",") {
		u, err := url.Parse(strings.TrimSpace(broker))
		r.holds = r.holds && err == nil && (u.Scheme == "nats" || u.Scheme == "tls") && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
	}
	return r
}
