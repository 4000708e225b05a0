// Package page serves the chat page, plenum.js, which is the client library that the page uses, and plenum-pusher.js, the
// add-on for pusher-js. The files are embedded in the program and need no build step. They load nothing from other servers.
package page

import (
	"embed"
	"io/fs"
	"net/http"
	"path"

	"plenum/cmd/plenum/internal/webfile"
	"plenum/rooms/client/js"
)

//go:embed static
var static embed.FS

// Names of files with special treatment.
const (
	index = "index.html" // served as "/"
	sheet = "style.css"  // served after the rules common to all pages
)

// modules are the scripts that pages of other origins may import too.
var modules = map[string][]byte{"plenum.js": js.Module, "plenum-pusher.js": js.Pusher}

var contentTypes = map[string]string{".html": webfile.HTML, ".js": webfile.JS, ".css": webfile.CSS}

// Register adds the page's routes to mux: GET and HEAD of "/" for the page, and of "/NAME" for each other file.
func Register(mux *http.ServeMux) {
	for name, f := range files() {
		route := name
		if name == index {
			route = "{$}"
		}
		mux.Handle("GET /"+route, f)
	}
}

// Handler returns a handler that serves only the page. Other paths get a 404.
func Handler() http.Handler {
	mux := http.NewServeMux()
	Register(mux)
	return mux
}

// files returns the handlers of all files by name.
func files() map[string]http.Handler {
	all := map[string]http.Handler{}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // impossible: the files are embedded
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
	for name, text := range modules {
		all[name] = forAnyOrigin(webfile.New(webfile.JS, text))
	}
	return all
}

// forAnyOrigin allows pages of all origins to import a module, which browsers fetch with CORS. The script is
// public. --origins decides which pages may then open a WebSocket.
func forAnyOrigin(file http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		file.ServeHTTP(w, r)
	})
}
