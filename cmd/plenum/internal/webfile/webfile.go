// Package webfile serves the files of the program's own pages, which are embedded, load
// nothing from elsewhere and need no build step.
package webfile

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Content types.
const (
	HTML = "text/html; charset=utf-8"
	JS   = "text/javascript; charset=utf-8"
	CSS  = "text/css; charset=utf-8"
)

// The policy allows a page its own scripts, style sheets, requests and sockets ('self'
// covers ws: and wss: of the same origin, CSP 3 section 6.7.2.8) and no way to
// turn a string into markup or code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// A file is one embedded file; set at creation and read-only after.
type file struct {
	contentType string
	etag        string
	content     []byte
}

// New returns what serves content, which must not change any more.
func New(contentType string, content []byte) http.Handler {
	sum := sha256.Sum256(content)
	return &file{contentType: contentType, etag: fmt.Sprintf(`"%x"`, sum[:12]), content: content}
}

//go:embed base.css
var baseCSS []byte

// Sheet is a page's style sheet behind what all pages have in common, their colours above all.
func Sheet(own []byte) []byte { return slices.Concat(baseCSS, own) }

// ServeHTTP is for http.Handler.
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
