// Package page serves the chat page, and plenum.js, the client it is made with:
// embedded files, which load nothing from elsewhere and need no build step.
package page

import (
	"embed"
	"io/fs"
	"net/http"
	"path"

	"plenum/cmd/plenum/internal/webfile"
)

//go:embed static
var static embed.FS

// Names of files that are not like the others.
const (
	index  = "index.html" // is served as "/"
	client = "plenum.js"  // is for pages of other origins, too
	sheet  = "style.css"  // is behind what all pages have in common
)

var contentTypes = map[string]string{".html": webfile.HTML, ".js": webfile.JS, ".css": webfile.CSS}

// Register adds the page's routes to mux: GET and HEAD of exactly "/", and of each other
// file by its name.
func Register(mux *http.ServeMux) {
	for name, f := range files() {
		route := name
		if name == index {
			route = "{$}"
		}
		mux.Handle("GET /"+route, f)
	}
}

// Handler serves the page alone; every other path is a 404.
func Handler() http.Handler {
	mux := http.NewServeMux()
	Register(mux)
	return mux
}

// files are all files by name.
func files() map[string]http.Handler {
	all := map[string]http.Handler{}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // they are in the program
	}
	for _, e := range entries {
		content, err := fs.ReadFile(static, path.Join("static", e.Name()))
		if err != nil {
			panic(err)
		}
		if e.Name() == sheet {
			content = webfile.Sheet(content)
		}
		all[e.Name()] = webfile.New(contentTypes[path.Ext(e.Name())], content)
	}
	all[client] = forAnyOrigin(all[client])
	return all
}

// forAnyOrigin is for a module that pages of other origins import, which browsers fetch
// with CORS. The script is public; whose pages may open a WebSocket is the server's to say.
func forAnyOrigin(file http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		file.ServeHTTP(w, r)
	})
}
