package bench

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Target is how a server is spoken to. In each template {room} and {user} stand
// for the connection's names, in Publish also {text} for what is published.
type Target struct {
	URL     string   `json:"url"`
	Hello   []string `json:"hello"`   // sent in order when a connection is open
	Publish string   `json:"publish"` // empty: the bare text
	Pong    string   `json:"pong"`    // a message that is a ping and is answered with itself
}

// Check returns what is wrong with the templates.
func (t Target) Check() error {
	if _, err := t.address(); err != nil {
		return err
	}
	if t.Publish != "" && strings.Count(t.Publish, "{text}") != 1 {
		return fmt.Errorf("--publish: must have {text} once, got %q", t.Publish)
	}
	return nil
}

func (t Target) address() (netip.AddrPort, error) {
	u, err := url.Parse(expand(t.URL, "room", "user"))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("--url: %w", err)
	}
	address, err := netip.ParseAddrPort(u.Host)
	if err != nil || u.Scheme != "ws" || !address.Addr().Is4() {
		return netip.AddrPort{}, fmt.Errorf("--url: must be like ws://127.0.0.1:8080/path, with an IPv4 address and a port, got %q", t.URL)
	}
	return address, nil
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
