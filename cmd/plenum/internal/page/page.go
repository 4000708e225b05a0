// Package page serves the chat page: three embedded files, which load nothing
// from elsewhere and need no build step.
package page

import (
	_ "embed"
	"net/http"

	"plenum/cmd/plenum/internal/webfile"
)

var (
	//go:embed static/index.html
	indexHTML []byte
	//go:embed static/chat.js
	chatJS []byte
	//go:embed static/style.css
	styleCSS []byte
)

// Register adds the page's routes to mux: GET and HEAD of exactly "/",
// "/chat.js" and "/style.css".
func Register(mux *http.ServeMux) {
	mux.Handle("GET /{$}", webfile.New(webfile.HTML, indexHTML))
	mux.Handle("GET /chat.js", webfile.New(webfile.JS, chatJS))
	mux.Handle("GET /style.css", webfile.New(webfile.CSS, styleCSS))
}

// Handler serves the page alone; every other path is a 404.
func Handler() http.Handler {
	mux := http.NewServeMux()
	Register(mux)
	return mux
}
