// Package page serves the chat page: three embedded files, which load nothing
// from elsewhere and need no build step.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"net/http"
	"time"
)

var (
	//go:embed static/index.html
	indexHTML []byte
	//go:embed static/chat.js
	chatJS []byte
	//go:embed static/style.css
	styleCSS []byte
)

// The policy allows the page its own script, style sheet and sockets ('self'
// covers ws: and wss: of the same origin, CSP 3 section 6.7.2.8) and no way to
// turn a string into markup or code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// Register adds the page's routes to mux: GET and HEAD of exactly "/",
// "/chat.js" and "/style.css".
func Register(mux *http.ServeMux) {
	mux.Handle("GET /{$}", newFile("text/html; charset=utf-8", indexHTML))
	mux.Handle("GET /chat.js", newFile("text/javascript; charset=utf-8", chatJS))
	mux.Handle("GET /style.css", newFile("text/css; charset=utf-8", styleCSS))
}

// Handler serves the page alone; every other path is a 404.
func Handler() http.Handler {
	mux := http.NewServeMux()
	Register(mux)
	return mux
}

// A file is one embedded file; set at creation and read-only after.
type file struct {
	contentType string
	etag        string
	content     []byte
}

func newFile(contentType string, content []byte) *file {
	sum := sha256.Sum256(content)
	return &file{contentType: contentType, etag: fmt.Sprintf(`"%x"`, sum[:12]), content: content}
}

func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}
