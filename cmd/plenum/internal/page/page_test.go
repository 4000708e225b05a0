package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/page"
)

func get(path string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header = header
	recorder := httptest.NewRecorder()
	page.Handler().ServeHTTP(recorder, request)
	return recorder
}

func TestEachFileHasItsTypeAndTheSafeHeaders(t *testing.T) {
	for path, contentType := range map[string]string{
		"/":          "text/html; charset=utf-8",
		"/chat.js":   "text/javascript; charset=utf-8",
		"/style.css": "text/css; charset=utf-8",
	} {
		response := get(path, nil)
		require.Equal(t, http.StatusOK, response.Code, path)
		require.NotZero(t, response.Body.Len(), path)
		require.Equal(t, contentType, response.Header().Get("Content-Type"))
		require.Equal(t, "nosniff", response.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", response.Header().Get("Referrer-Policy"))
		require.Equal(t, "no-cache", response.Header().Get("Cache-Control"))
		policy := response.Header().Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "default-src 'none'; "), policy)
		require.NotContains(t, policy, "unsafe")
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	for _, path := range []string{"/", "/chat.js", "/style.css"} {
		etag := get(path, nil).Header().Get("ETag")
		require.NotEmpty(t, etag)
		response := get(path, http.Header{"If-None-Match": {etag}})
		require.Equal(t, http.StatusNotModified, response.Code, path)
		require.Zero(t, response.Body.Len(), path)
		require.Equal(t, http.StatusOK, get(path, http.Header{"If-None-Match": {`"other"`}}).Code, path)
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	for _, path := range []string{"/index.html", "/static/index.html", "/page.go", "/favicon.ico", "/chat.js/"} {
		require.Equal(t, http.StatusNotFound, get(path, nil).Code, path)
	}
}

func TestThePageLoadsNothingFromElsewhereAndBuildsNoMarkup(t *testing.T) {
	html, script, style := get("/", nil).Body.String(), get("/chat.js", nil).Body.String(), get("/style.css", nil).Body.String()
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
