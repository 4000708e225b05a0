// Package webfile serves the files of plenum's own web pages. The files are embedded in the program and
// need no build step. The pages load nothing from other servers.
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

// policy is the Content-Security-Policy of the pages. It allows scripts, style sheets, requests and
// WebSockets of the page's own origin only ('self' includes ws: and wss:, CSP 3 section 6.7.2.8).
// It forbids converting strings into markup or code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// file serves one embedded file. It is read-only after its creation.
type file struct {
	contentType string
	etag        string
	content     []byte
}

// New returns a handler that serves content. The caller must not change content afterwards.
func New(contentType string, content []byte) http.Handler {
	sum := sha256.Sum256(content)
	return &file{contentType: contentType, etag: fmt.Sprintf(`"%x"`, sum[:12]), content: content}
}

//go:embed base.css
var baseCSS []byte

// Sheet returns a page's style sheet: the rules common to all pages, followed by own.
func Sheet(own []byte) []byte { return slices.Concat(baseCSS, own) }

// ServeHTTP implements http.Handler.
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
