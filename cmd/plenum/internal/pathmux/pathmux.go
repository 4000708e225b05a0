// Package pathmux routes requests by paths whose segments contain names, such as /ws/chat/{room}.
//
// cmd/plenum registers the routes before it serves; then a Mux may be called from any goroutine.
// It does not look at methods.
package pathmux

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/answer"
)

// Mux serves routes whose paths contain names, such as /ws/chat/{room}. It splits the path
// at the slashes that the client sent, and decodes each segment afterwards: %2F is data, and no
// separator (RFC 3986 section 2.2). http.ServeMux would redirect . and .. and // and take
// a name that is %2F alone for the end of the path.
//
// Rest serves all other paths, except those that ServeMux would redirect: nothing is there.
type Mux struct {
	Rest   http.Handler // set before the Mux serves
	routes []pathRoute
}

type pathRoute struct {
	pattern []string // segments; {name} stands for any that is not empty
	serve   http.Handler
}

// Handle adds a route. No two patterns may match the same path.
func (m *Mux) Handle(pattern string, h http.Handler) {
	m.routes = append(m.routes, pathRoute{strings.Split(pattern, "/"), h})
}

// ServeHTTP is for http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments := segmentsOf(r.URL)
	for _, route := range m.routes {
		if route.matches(segments) {
			route.setNames(r, segments)
			route.serve.ServeHTTP(w, r)
			return
		}
	}
	if isRedirected(r.URL.EscapedPath()) {
		answer.NotFound(w, r)
		return
	}
	m.Rest.ServeHTTP(w, r)
}

// segmentsOf returns the decoded segments of a path, the first of which is "" before the first
// slash. RawPath is used also if it has bytes that should have been escaped: EscapedPath would
// then encode Path anew, and lose which slashes were data.
func segmentsOf(u *url.URL) []string {
	segments := strings.Split(cmp.Or(u.RawPath, u.EscapedPath()), "/")
	for i, s := range segments {
		if decoded, err := url.PathUnescape(s); err == nil { // the path was decoded as a whole before
			segments[i] = decoded
		}
	}
	return segments
}

func (route pathRoute) matches(segments []string) bool {
	return slices.EqualFunc(route.pattern, segments, func(p, s string) bool {
		return p == s || isName(p) && s != ""
	})
}

func (route pathRoute) setNames(r *http.Request, segments []string) {
	for i, p := range route.pattern {
		if isName(p) {
			r.SetPathValue(p[1:len(p)-1], segments[i])
		}
	}
}

func isName(p string) bool { return strings.HasPrefix(p, "{") }

// isRedirected reports whether ServeMux would redirect an escaped path, because it has an empty
// segment, or one that is . or .. (RFC 3986 section 5.2.4).
func isRedirected(path string) bool {
	whole := path + "/"
	return strings.Contains(path, "//") || strings.Contains(whole, "/./") || strings.Contains(whole, "/../")
}
