package access

import (
	"net/http"

	"plenum/cmd/plenum/internal/answer"
)

// What a page of an allowed origin may do on a route of server-sent events, besides what CORS
// always allows. Cookies are not read, so credentials are not allowed.
const (
	eventMethods     = "GET, HEAD"
	eventHeaders     = "Authorization, Cache-Control, Last-Event-ID" // that fetch and the polyfills of EventSource send
	eventAnswers     = "Retry-After, WWW-Authenticate"               // headers that the page can read
	preflightSeconds = "7200"                                        // browsers ask again after that, Chromium's maximum
)

// ForPages returns h as a route that pages of allowed origins can read, also with fetch (Fetch standard,
// sections 3.3 and 4.8). It answers preflight requests, which carry no token.
func (g *Guard) ForPages(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Vary", "Origin") // without an origin, too: a cache must not mix the answers
		if origin := r.Header.Get("Origin"); origin != "" {
			if !g.AllowOrigin(r) {
				g.DenyOrigin(w)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
			header.Set("Access-Control-Expose-Headers", eventAnswers)
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

// preflight answers OPTIONS. The origin was looked at before.
func preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Allow", eventMethods+", OPTIONS")
	if r.Header.Get("Origin") != "" {
		header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		header.Set("Access-Control-Allow-Methods", eventMethods)
		header.Set("Access-Control-Allow-Headers", eventHeaders)
		header.Set("Access-Control-Max-Age", preflightSeconds)
	}
	w.WriteHeader(http.StatusNoContent)
}
