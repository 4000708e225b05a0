// Package pathmux routes requests by paths that contain names as segments, such as /ws/chat/{room}.
//
// cmd/plenum registers all routes before it serves. After that a Mux may be called from any goroutine.
// Routes match all HTTP methods.
package pathmux

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/answer"
)

// Mux serves routes whose paths contain names, such as /ws/chat/{room}. It splits the path at the slashes
// that the client sent, and decodes each segment afterwards. So %2F is part of a name, not a
// separator (RFC 3986 section 2.2). http.ServeMux would redirect ".", ".." and "//", and would
// treat a name that is only %2F as the end of the path.
//
// Rest serves all other paths, except paths that ServeMux would redirect, which get a 404.
type Mux struct {
	Rest   http.Handler // set before the Mux serves
	routes []pathRoute
}

type pathRoute struct {
	pattern []string // segments; {name} and {name...} match any segment that is not empty
	multi   int      // the index of {name...} in pattern; -1 if there is none
	serve   http.Handler
}

// Handle adds a route. No two patterns may match the same path. One name of a pattern may be written as {name...}. Then the
// name may have slashes that are not escaped.
func (m *Mux) Handle(pattern string, h http.Handler) {
	segments := strings.Split(pattern, "/")
	multi := slices.IndexFunc(segments, func(p string) bool { return strings.HasSuffix(p, dots+"}") })
	m.routes = append(m.routes, pathRoute{segments, multi, h})
}

// dots ends a name of a pattern that may have slashes.
const dots = "..."

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all := segmentsOf(r.URL)
	for _, route := range m.routes {
		segments := route.join(all)
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

// segmentsOf returns the decoded segments of a path. The first segment is "", before the first slash. RawPath is
// used even if it is not escaped correctly. In that case EscapedPath would encode Path
// again, and the difference between / and %2F would be lost.
func segmentsOf(u *url.URL) []string {
	segments := strings.Split(cmp.Or(u.RawPath, u.EscapedPath()), "/")
	for i, s := range segments {
		if decoded, err := url.PathUnescape(s); err == nil { // never an error: net/http has decoded the whole path
			segments[i] = decoded
		}
	}
	return segments
}

// join returns segments. If there are more of them than in the pattern, it joins the segments of {name...} to one.
func (route pathRoute) join(segments []string) []string {
	more := len(segments) - len(route.pattern)
	if route.multi < 0 || more <= 0 {
		return segments
	}
	end := route.multi + 1 + more
	return slices.Concat(segments[:route.multi], []string{strings.Join(segments[route.multi:end], "/")}, segments[end:])
}

func (route pathRoute) matches(segments []string) bool {
	return slices.EqualFunc(route.pattern, segments, func(p, s string) bool {
		return p == s || isName(p) && s != ""
	})
}

func (route pathRoute) setNames(r *http.Request, segments []string) {
	for i, p := range route.pattern {
		if isName(p) {
			r.SetPathValue(strings.TrimSuffix(p[1:len(p)-1], dots), segments[i])
		}
	}
}

func isName(p string) bool { return strings.HasPrefix(p, "{") }

// isRedirected reports whether ServeMux would redirect an escaped path, because a segment is empty, "."
// or ".." (RFC 3986 section 5.2.4).
func isRedirected(path string) bool {
	whole := path + "/"
	return strings.Contains(path, "//") || strings.Contains(whole, "/./") || strings.Contains(whole, "/../")
}
