// Package origin compares web origins (RFC 6454) and the hosts that requests name.
package origin

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// defaultPorts are the ports that browsers omit, by scheme.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// Canonical returns the origin s in a canonical form, scheme://host or scheme://host:port. Two origins are the same if
// their canonical forms are equal (RFC 6454 section 4). Scheme and host are in lower case, an IP address is in its
// shortest form, and the scheme's default port is omitted. Canonical returns "" if s is not an origin, such as null or a
// URL with a path.
func Canonical(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || !isASCII(u.Host) || len(s) != len(u.Scheme)+len("://")+len(u.Host) {
		return ""
	}
	if _, err := strconv.ParseUint(cmp.Or(u.Port(), "0"), 10, 16); err != nil {
		return ""
	}
	name, port := Split(u.Host, u.Scheme)
	if port == defaultPorts[u.Scheme] {
		port = ""
	}
	return u.Scheme + "://" + join(name, port)
}

// Same reports whether the Origin header of r names the host that r was sent to. On a TLS connection, the scheme of the
// origin must be https. On a plain connection it may be http or https, because a proxy may have terminated TLS. A missing
// port means the default port of the origin's scheme, in the Host header too.
func Same(r *http.Request) bool {
	given := Canonical(r.Header.Get("Origin"))
	scheme, _, _ := strings.Cut(given, "://")
	web := scheme == "https" || scheme == "http" && r.TLS == nil
	return web && given == Canonical(scheme+"://"+r.Host)
}

// Split returns the name and the port of host, the value of a Host header. The name is in lower case; an IP address is in
// its shortest form, without brackets. If host has no port, port is the default port of scheme, or "" if the scheme has
// none.
func Split(host, scheme string) (name, port string) {
	u := url.URL{Host: host}
	name, port = strings.ToLower(u.Hostname()), u.Port()
	if addr, err := netip.ParseAddr(name); err == nil {
		name = addr.String()
	}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10)
	}
	return name, cmp.Or(port, defaultPorts[scheme])
}

// IsLoopback reports whether name, as Split returns it, always refers to the local machine. That is localhost, a name
// below it (RFC 6761 section 6.3), or a loopback address. A dot at the end is ignored.
func IsLoopback(name string) bool {
	name = strings.TrimSuffix(name, ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name).IsLoopback()
}

func join(name, port string) string {
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port == "" {
		return name
	}
	return name + ":" + port
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
