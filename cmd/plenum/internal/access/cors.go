package access

import (
	"net/http"

	"plenum/cmd/plenum/internal/answer"
)

// CORS permissions for pages of allowed origins on the routes of event streams. They extend the
// defaults of CORS. Credentials are not allowed, because plenum reads no cookies.
const (
	eventMethods     = "GET, HEAD"
	requestHeaders   = "Authorization, Cache-Control, Last-Event-ID" // sent by fetch and by polyfills of EventSource
	exposedHeaders   = "Retry-After, WWW-Authenticate"               // response headers that the page can read
	preflightSeconds = "7200"                                        // how long a browser may cache the preflight response; Chromium's maximum
)

// ForPages returns h as a route that pages of allowed origins can read, with EventSource or with fetch
// (Fetch standard, sections 3.3 and 4.8). The route calls h only for GET and HEAD. It answers preflight requests, which carry no
// token, by itself.
func (g *Guard) ForPages(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Vary", "Origin") // even if the request has no Origin: a cache must not mix up the responses
		if origin := r.Header.Get("Origin"); origin != "" {
			if !g.AllowOrigin(r) {
				g.DenyOrigin(w)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
			header.Set("Access-Control-Expose-Headers", exposedHeaders)
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			h(w, r)
		case http.MethodOptions:
			preflight(w, r)
		default:
			header.Set("Allow", eventMethods+", OPTIONS")
			answer.Problem(w, http.StatusMethodNotAllowed, "the method must be "+eventMethods)
		}
	}
}

// preflight answers OPTIONS. The caller has checked the origin.
func preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Allow", eventMethods+", OPTIONS")
	if r.Header.Get("Origin") != "" {
		header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		header.Set("Access-Control-Allow-Methods", eventMethods)
		header.Set("Access-Control-Allow-Headers", requestHeaders)
		header.Set("Access-Control-Max-Age", preflightSeconds)
	}
	w.WriteHeader(http.StatusNoContent)
}
