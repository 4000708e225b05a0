package load

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"plenum/bench/wsclient"
)

// Target is how a server is spoken to. In each template {room} and {user} stand
// for the connection's names, in Publish also {text} for what is published.
type Target struct {
	URL         string   `json:"url"`
	Nodes       []string `json:"nodes,omitempty"` // host:port of each, in place of the URL's
	Hello       []string `json:"hello"`           // sent in order when a connection is open
	Publish     string   `json:"publish"`         // empty: the bare text
	Pong        string   `json:"pong"`            // a message that is a ping and is answered with itself
	CA          string   `json:"ca"`              // file of the authorities that a wss:// URL trusts; empty: the system's
	Compression bool     `json:"compression"`     // offer it, and want it
}

// Check returns what is wrong with the templates.
func (t Target) Check() error {
	if _, err := t.Addresses(); err != nil {
		return err
	}
	if _, err := t.trust(); err != nil {
		return err
	}
	if t.Publish != "" && strings.Count(t.Publish, "{text}") != 1 {
		return fmt.Errorf("--publish: must have {text} once, got %q", t.Publish)
	}
	return nil
}

// Addresses are those of the nodes, or the URL's.
func (t Target) Addresses() ([]netip.AddrPort, error) {
	u, err := url.Parse(expand(t.URL, "room", "user"))
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	address, ok := wsclient.Address(u)
	if !ok {
		return nil, fmt.Errorf("--url: must be like ws://127.0.0.1:8080/path or wss://127.0.0.1:8443/path, with an IPv4 address and a port, got %q", t.URL)
	}
	if len(t.Nodes) == 0 {
		return []netip.AddrPort{address}, nil
	}
	var all []netip.AddrPort
	for _, node := range t.Nodes {
		address, err := netip.ParseAddrPort(node)
		if err != nil || !address.Addr().Is4() {
			return nil, fmt.Errorf("--node: must be an IPv4 address and a port, got %q", node)
		}
		all = append(all, address)
	}
	return all, nil
}

// At is where the connection leads to that is the nth, or whose room's number and place in
// it add up to n: the nodes take turns, and the first members are not all at one node.
func (t Target) At(n int, room, user string) string {
	whole := expand(t.URL, room, user)
	if len(t.Nodes) == 0 {
		return whole
	}
	scheme, rest, _ := strings.Cut(whole, "://")
	_, path, _ := strings.Cut(rest, "/")
	return scheme + "://" + t.Nodes[n%len(t.Nodes)] + "/" + path
}

// Config is a pool's, as far as the target makes it.
func (t Target) Config() (wsclient.Config, error) {
	trusted, err := t.trust()
	return wsclient.Config{TLS: trusted, Compression: t.Compression}, err
}

// trust returns what wss:// URLs are dialled with.
func (t Target) trust() (*tls.Config, error) {
	if t.CA == "" {
		return wsclient.TLSConfig(nil), nil
	}
	text, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, fmt.Errorf("--tls-ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--tls-ca: %s has no certificate in PEM", t.CA)
	}
	return wsclient.TLSConfig(roots), nil
}

// expand is one pass, so that what a name or a text holds is never a template.
func expand(template, room, user string) string {
	return strings.NewReplacer("{room}", room, "{user}", user).Replace(template)
}

// around returns what the publish template puts before and after the text.
func (t Target) around(room, user string) (before, after string) {
	before, after, _ = strings.Cut(t.Publish, "{text}")
	return expand(before, room, user), expand(after, room, user)
}

// Greetings returns the messages to send when the connection of that name is open.
func (t Target) Greetings(room, user string) (messages []string) {
	for _, template := range t.Hello {
		messages = append(messages, expand(template, room, user))
	}
	return messages
}
