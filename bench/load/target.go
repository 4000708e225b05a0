package load

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"plenum/bench/speak"
	"plenum/bench/wsclient"
)

// Target describes how to connect to a server and publish to it. URL, Publish and the Dialect have
// templates. In each template, {room} and {user} stand for the connection's names. In Publish, {text}
// stands for the published text.
type Target struct {
	URL         string   `json:"url"`
	Nodes       []string `json:"nodes,omitempty"`   // host:port of each node, in place of the URL's
	Publish     string   `json:"publish"`           // empty: the text alone
	CA          string   `json:"ca"`                // PEM file of the authorities to trust for a wss:// URL; empty: the system's
	Compression bool     `json:"compression"`       // offer permessage-deflate, and require it
	Headers     []string `json:"headers,omitempty"` // further headers of each upgrade; may have secrets
	NoSelf      bool     `json:"no_self"`           // the server sends no copy of a message to its sender

	Dialect speak.Dialect `json:"dialect"` // how connections join rooms and answer the server

	// Hosts has the addresses of the nodes, or of the URL's host if there are none. Resolve returns it.
	Hosts map[string]netip.AddrPort `json:"hosts,omitempty"`
}

// Check returns an error if the target cannot be used. The text begins with a flag.
func (t Target) Check() error {
	if _, err := t.hosts(); err != nil {
		return err
	}
	if _, err := t.trust(); err != nil {
		return err
	}
	for _, line := range t.Headers {
		if !wsclient.ValidHeader(line) {
			return fmt.Errorf("--header: must be NAME: VALUE, and no header that the client sets itself, got %q", line)
		}
	}
	if t.Publish != "" && strings.Count(t.Publish, "{text}") != 1 {
		return fmt.Errorf("--publish: must have {text} once, got %q", t.Publish)
	}
	return nil
}

// At returns the URL of connection n. The nodes take turns: the connection goes to node n
// modulo the number of nodes. n may be the room's number plus the member's index in its room.
// Then the first members of all rooms are not on one node.
func (t Target) At(n int, room, user string) string {
	whole := speak.Expand(t.URL, room, user)
	if len(t.Nodes) == 0 {
		return whole
	}
	scheme, rest, _ := strings.Cut(whole, "://")
	path := "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		path += strings.TrimPrefix(rest[i:], "/") // a URL may have a query and no path
	}
	return scheme + "://" + t.Nodes[n%len(t.Nodes)] + path
}

// Config returns the fields of a pool's configuration that the target sets.
func (t Target) Config() (wsclient.Config, error) {
	trusted, err := t.trust()
	return wsclient.Config{TLS: trusted, Compression: t.Compression, Headers: t.Headers, Addresses: t.Hosts}, err
}

// trust returns the TLS configuration for wss:// URLs.
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

// around returns the publish template before and after the text, with the names in their places.
func (t Target) around(room, user string) (before, after string) {
	before, after, _ = strings.Cut(t.Publish, "{text}")
	return speak.Expand(before, room, user), speak.Expand(after, room, user)
}
