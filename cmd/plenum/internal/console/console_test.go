package console_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/console"
	"plenum/cmd/plenum/internal/webfile"
)

var types = map[string]string{
	"/": webfile.HTML, "/rooms": webfile.HTML, "/channels": webfile.HTML, "/console.css": webfile.CSS, "/rooms.css": webfile.CSS,
	"/request.js": webfile.JS, "/room.js": webfile.JS, "/rooms.js": webfile.JS, "/sources.js": webfile.JS,
	"/console.js": webfile.JS, "/figures.js": webfile.JS, "/nodes.js": webfile.JS, "/plot.js": webfile.JS, "/tables.js": webfile.JS,
}

func ask(method, path string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	console.Register(mux)
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder
}

func TestEachFileHasItsType(t *testing.T) {
	for path, contentType := range types {
		response := ask(http.MethodGet, path)
		require.Equal(t, http.StatusOK, response.Code, path)
		require.NotZero(t, response.Body.Len(), path)
		require.Equal(t, contentType, response.Header().Get("Content-Type"))
		require.Equal(t, http.StatusOK, ask(http.MethodHead, path).Code, path)
	}
}

func TestTheStyleSheetIncludesTheCommonColours(t *testing.T) {
	require.Contains(t, ask(http.MethodGet, "/console.css").Body.String(), "--ground: #101516;")
}

func TestOtherPathsAndMethodsAreNotServed(t *testing.T) {
	for _, path := range []string{"/index.html", "/static/console.js", "/console.js/", "/console.go", "/favicon.ico"} {
		require.Equal(t, http.StatusNotFound, ask(http.MethodGet, path).Code, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodPost, "/").Code)
}

func TestThePageLoadsNothingFromOtherServersAndCreatesNoMarkup(t *testing.T) {
	for path := range types {
		text := ask(http.MethodGet, path).Body.String()
		for _, word := range []string{
			"http:", "https://", "url(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
			"style=", "<style", "onclick", "javascript:",
		} {
			require.NotContains(t, text, word, path)
		}
	}
}
