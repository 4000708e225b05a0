package page_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page"
	"plenum/cmd/plenum/internal/webfile"
)

func get(path string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	page.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

func TestEachFileHasItsTypeAndTheStrictPolicy(t *testing.T) {
	for path, contentType := range map[string]string{"/": webfile.HTML, "/chat.js": webfile.JS, "/style.css": webfile.CSS} {
		response := get(path)
		require.Equal(t, http.StatusOK, response.Code, path)
		require.NotZero(t, response.Body.Len(), path)
		require.Equal(t, contentType, response.Header().Get("Content-Type"))
		require.NotEmpty(t, response.Header().Get("Content-Security-Policy"))
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	for _, path := range []string{"/index.html", "/static/index.html", "/page.go", "/favicon.ico", "/chat.js/"} {
		require.Equal(t, http.StatusNotFound, get(path).Code, path)
	}
}

func TestThePageLoadsNothingFromElsewhereAndBuildsNoMarkup(t *testing.T) {
	html, script, style := get("/").Body.String(), get("/chat.js").Body.String(), get("/style.css").Body.String()
	for _, text := range []string{html, script, style} {
		require.NotContains(t, text, "http:")
		require.NotContains(t, text, "https://")
		require.NotContains(t, text, "url(")
	}
	for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("} {
		require.NotContains(t, script, word)
	}
	for _, word := range []string{"style=", "<style", "onclick", "javascript:"} {
		require.NotContains(t, html, word)
	}
}
