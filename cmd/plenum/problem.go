package main

import (
	"cmp"
	"net/http"

	"github.com/bytedance/sonic"
)

// problemDetails is an error of the API (RFC 9457 section 3).
type problemDetails struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code,omitempty"`
}

// busProblem answers what could not be done without the bus.
func busProblem(w http.ResponseWriter, err error) {
	status, code := http.StatusServiceUnavailable, cmp.Or(busCode(err), codeBus)
	switch code {
	case codeBus:
		w.Header().Set("Retry-After", "1")
	case codeTooLarge:
		status = http.StatusRequestEntityTooLarge
	}
	write(w, "application/problem+json", status, problemDetails{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: err.Error(), Code: code,
	})
}

func problem(w http.ResponseWriter, status int, detail string) {
	write(w, "application/problem+json", status, problemDetails{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
	})
}

// deny answers a request of HTTP that is refused, as refuse does a WebSocket's.
func deny(w http.ResponseWriter, why fault) {
	switch why {
	case missingToken, invalidToken:
		w.Header().Set("WWW-Authenticate", "Bearer")
		problem(w, http.StatusUnauthorized, string(why))
	case notAllowed:
		problem(w, http.StatusForbidden, string(why))
	default:
		problem(w, http.StatusBadRequest, string(why))
	}
}

func answer(w http.ResponseWriter, status int, v any) { write(w, "application/json", status, v) }

func write(w http.ResponseWriter, contentType string, status int, v any) {
	b, err := sonic.ConfigStd.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}
