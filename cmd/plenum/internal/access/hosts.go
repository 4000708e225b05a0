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

// OwnHosts returns h for a listener that is bound to an address. If that is a loopback address, requests
// of foreign web pages are answered with 403. The domain of such a page was made to resolve
// to 127.0.0.1 (DNS rebinding). Its origin is the same as its Host, so the origin does not give it
// away. Its Host does: it has the port of this listener, and a name that does not mean this machine.
//
// A proxy on this machine listens on another port, and passes on a Host with that port.
// X-Forwarded-For and its like are not looked at, because a page can set them.
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
		answer.Problem(w, http.StatusForbidden, fmt.Sprintf("this listener is for this machine, which the Host %q does not name: name it in --hosts if it does", r.Host))
	})
}

// isOwnHost reports whether r may come from a client that means this machine. Browsers send a
// Host always, some health checks do not.
func (g *Guard) isOwnHost(r *http.Request, ownPort string) bool {
	name, port := nameOf(r)
	return r.Host == "" || port != ownPort || origin.IsLoopback(name) || g.rules.Load().hosts[strings.TrimSuffix(name, ".")]
}

// nameOf returns the name and the port that r was sent to.
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

// isLoopback reports whether address, with a port, is a loopback address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// NotLocal returns why r does not count as a request of a caller on this machine; "" if it does.
func NotLocal(r *http.Request) string {
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		if r.Header[name] != nil {
			return "a proxy has passed this request on: it has the header " + name
		}
	}
	switch {
	case !isLoopback(r.RemoteAddr):
		return fmt.Sprintf("this request came from %s, which is no loopback address", r.RemoteAddr)
	case !namesLoopback(r):
		return fmt.Sprintf("this request was sent to the Host %q: use localhost or a loopback address", r.Host)
	}
	return ""
}
