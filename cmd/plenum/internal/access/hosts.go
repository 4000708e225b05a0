package access

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"plenum/cmd/plenum/internal/answer"
	"plenum/engine/origin"
)

// OwnHosts returns h protected against DNS rebinding, for a listener bound to the address bound. If that is a
// loopback address, requests with a foreign Host get a 403. Other listeners are not restricted.
//
// In a DNS rebinding attack the attacker's domain resolves to 127.0.0.1. The page's origin then
// equals the Host, so the check of the origin does not detect it. The Host does: it has
// the port of this listener and a name that is neither a loopback name nor one of --hosts.
//
// A proxy on this machine listens on another port and forwards a Host with that port, so its requests
// are allowed. Headers such as X-Forwarded-For are ignored, because a page can set them.
func (g *Guard) OwnHosts(bound net.Addr, h http.Handler) http.Handler {
	addr, ok := bound.(*net.TCPAddr)
	if !ok || !addr.IP.IsLoopback() {
		return h
	}
	own := strconv.Itoa(addr.Port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.isOwnHost(r, own) {
			h.ServeHTTP(w, r)
			return
		}
		g.foreignHosts.Add(r.Host)
		answer.Problem(w, http.StatusForbidden, fmt.Sprintf("this address is reserved for clients on the server's own machine, and the Host %q is not allowed: add it to --hosts if it names this machine", r.Host))
	})
}

// isOwnHost reports whether r's Host is allowed on a loopback listener with the port ownPort. A
// missing Host is allowed: browsers always send one, some health checks do not.
func (g *Guard) isOwnHost(r *http.Request, ownPort string) bool {
	name, port := nameOf(r)
	return r.Host == "" || port != ownPort || origin.IsLoopback(name) || g.rules.Load().hosts[strings.TrimSuffix(name, ".")]
}

// nameOf returns the name and the port in r's Host. A missing port is the default port of the scheme.
func nameOf(r *http.Request) (name, port string) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return origin.Split(r.Host, scheme)
}

// namesLoopback reports whether r's Host is a loopback address or localhost.
func namesLoopback(r *http.Request) bool {
	name, _ := nameOf(r)
	return origin.IsLoopback(name)
}

// isLoopback reports whether address, which is host:port, has a loopback IP address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// NotLocal returns why r does not count as a request from this machine; "" if it does.
func NotLocal(r *http.Request) string {
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		if r.Header[name] != nil {
			return fmt.Sprintf("this request came through a proxy, because it has the header %s", name)
		}
	}
	switch {
	case !isLoopback(r.RemoteAddr):
		return fmt.Sprintf("this request came from %s, which is not a loopback address", r.RemoteAddr)
	case !namesLoopback(r):
		return fmt.Sprintf("this request was sent to the Host %q: use localhost or a loopback address", r.Host)
	}
	return ""
}
