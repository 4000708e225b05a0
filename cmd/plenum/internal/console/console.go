// Package console serves the pages of the admin listener: operations, rooms and channels. Their files are embedded in the
// program and need no build step. The pages load nothing from other servers. The page of operations reads GET /status of the
// same listener, and the pages of rooms and channels use the resources under /api.
package console

import (
	"embed"
	"net/http"
	"path"

	"plenum/cmd/plenum/internal/webfile"
)

//go:embed static
var static embed.FS

// Register adds the pages' routes to mux: GET and HEAD of "/", "/rooms" and "/channels" for the pages, and of the files that
// they load.
func Register(mux *http.ServeMux) {
	mux.Handle("GET /{$}", webfile.New(webfile.HTML, read("index.html")))
	mux.Handle("GET /rooms", webfile.New(webfile.HTML, read("rooms.html")))
	mux.Handle("GET /channels", webfile.New(webfile.HTML, read("rooms.html")))
	mux.Handle("GET /console.css", webfile.New(webfile.CSS, webfile.Sheet(read("console.css"))))
	mux.Handle("GET /rooms.css", webfile.New(webfile.CSS, read("rooms.css")))
	for _, name := range []string{"console.js", "figures.js", "nodes.js", "plot.js", "tables.js", "request.js", "room.js", "rooms.js", "sources.js"} {
		mux.Handle("GET /"+name, webfile.New(webfile.JS, read(name)))
	}
}

func read(name string) []byte {
	content, err := static.ReadFile(path.Join("static", name))
	if err != nil {
		panic(err) // impossible: the files are embedded
	}
	return content
}
