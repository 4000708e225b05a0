// Package console serves the operations page of the admin listener. Its files are embedded in the program and need
// no build step. The page loads nothing from other servers. It reads GET /status of the same listener.
package console

import (
	_ "embed"
	"net/http"

	"plenum/cmd/plenum/internal/webfile"
)

var (
	//go:embed static/index.html
	indexHTML []byte
	//go:embed static/console.js
	consoleJS []byte
	//go:embed static/figures.js
	figuresJS []byte
	//go:embed static/nodes.js
	nodesJS []byte
	//go:embed static/plot.js
	plotJS []byte
	//go:embed static/tables.js
	tablesJS []byte
	//go:embed static/console.css
	consoleCSS []byte
)

// Register adds the page's routes to mux: GET and HEAD of "/" for the page, and of the files that it loads.
func Register(mux *http.ServeMux) {
	mux.Handle("GET /{$}", webfile.New(webfile.HTML, indexHTML))
	mux.Handle("GET /console.js", webfile.New(webfile.JS, consoleJS))
	mux.Handle("GET /figures.js", webfile.New(webfile.JS, figuresJS))
	mux.Handle("GET /nodes.js", webfile.New(webfile.JS, nodesJS))
	mux.Handle("GET /plot.js", webfile.New(webfile.JS, plotJS))
	mux.Handle("GET /tables.js", webfile.New(webfile.JS, tablesJS))
	mux.Handle("GET /console.css", webfile.New(webfile.CSS, webfile.Sheet(consoleCSS)))
}
