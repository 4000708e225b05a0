package load

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"plenum/bench/endpoint"
	"plenum/bench/speak"
)

// host is a host to connect to, with the flag that names it.
type host struct {
	flag string
	url  *url.URL
}

// unknownWord matches a word in braces, which is most likely a typing error.
var unknownWord = regexp.MustCompile(`\{\w+\}`)

// hosts returns the nodes, or the URL's host if there are none. The text of an error begins with a flag.
func (t Target) hosts() ([]host, error) {
	u, err := url.Parse(speak.Expand(t.URL, "room", "user"))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	if err := endpoint.Check(u); err != nil {
		return nil, fmt.Errorf("--url: must be like ws://localhost:8080/path or wss://chat.example.org/path, got %q: %w", t.URL, err)
	}
	if word := unknownWord.FindString(speak.Expand(t.URL, "", "")); word != "" {
		return nil, fmt.Errorf("--url: %s is unknown, only {room} and {user} are replaced, got %q", word, t.URL)
	}
	if strings.Contains(authority(t.URL), "{") {
		return nil, fmt.Errorf("--url: the host must be the same for all connections, got %q", t.URL)
	}
	if len(t.Nodes) == 0 {
		return []host{{"--url", u}}, nil
	}
	var all []host
	for _, node := range t.Nodes {
		of, err := url.Parse(u.Scheme + "://" + node)
		if err != nil || of.Host != node || endpoint.Check(of) != nil {
			return nil, fmt.Errorf("--node: must be a host, or a host and a port, such as 127.0.0.1:8080, got %q", node)
		}
		all = append(all, host{"--node", of})
	}
	return all, nil
}

// authority returns the part of a URL between its scheme and its path.
func authority(rawURL string) string {
	_, rest, _ := strings.Cut(rawURL, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// Resolve returns the address of each node, or of the URL's host if there are no nodes. The keys are host and port as a URL
// has them (url.URL.Host). A target with these Hosts can be dialed. Resolve blocks while the resolver works. The text of an
// error begins with a flag.
func (t Target) Resolve(ctx context.Context) (map[string]netip.AddrPort, error) {
	all, err := t.hosts()
	if err != nil {
		return nil, err
	}
	found := map[string]netip.AddrPort{}
	for _, h := range all {
		if found[h.url.Host], err = endpoint.Resolve(ctx, h.url); err != nil {
			return nil, fmt.Errorf("%s: %w", h.flag, err)
		}
	}
	return found, nil
}

// Addresses returns the addresses of the nodes, or of the URL's host if there are none. The target must have its Hosts.
func (t Target) Addresses() (all []netip.AddrPort) {
	hosts, _ := t.hosts() // Resolve has reported the error
	for _, h := range hosts {
		all = append(all, t.Hosts[h.url.Host])
	}
	return all
}
