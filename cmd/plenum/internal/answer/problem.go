package answer

import (
	"cmp"
	"net/http"

	"github.com/bytedance/sonic"
)

// problem is an error response (RFC 9457 section 3).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code,omitempty"`
}

// BusProblem answers a request that failed with an error from the bus. An error that has no code gets CodeBus.
func BusProblem(w http.ResponseWriter, err error) {
	status, code := http.StatusServiceUnavailable, cmp.Or(BusCode(err), CodeBus)
	switch code {
	case CodeBus:
		w.Header().Set("Retry-After", "1")
	case CodeTooLarge:
		status = http.StatusRequestEntityTooLarge
	}
	write(w, "application/problem+json", status, problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: Text(err), Code: code,
	})
}

// Problem answers a request that failed. detail is a text for people.
func Problem(w http.ResponseWriter, status int, detail string) {
	write(w, "application/problem+json", status, problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
	})
}

// NotFound answers a request to a path without a resource.
func NotFound(w http.ResponseWriter, r *http.Request) {
	Problem(w, http.StatusNotFound, "no such resource: "+r.URL.Path)
}

// JSON answers with v, encoded as JSON.
func JSON(w http.ResponseWriter, status int, v any) { write(w, "application/json", status, v) }

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
