package page_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
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

// routes returns the content types of the embedded files by path.
func routes(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir("static")
	require.NoError(t, err)
	all := map[string]string{}
	for _, e := range entries {
		all["/"+e.Name()] = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}[path.Ext(e.Name())]
	}
	delete(all, "/index.html")
	all["/plenum.js"], all["/plenum-pusher.js"] = all["/chat.js"], all["/chat.js"]
	all["/"] = "text/html; charset=utf-8"
	return all
}

func TestEachFileIsServedWithItsTypeAndSecurityHeaders(t *testing.T) {
	for path, contentType := range routes(t) {
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

func TestTheStyleSheetIncludesTheCommonColours(t *testing.T) {
	require.Contains(t, get("/style.css", nil).Body.String(), "--ground: #101516;")
}

func TestPagesOfOtherOriginsMayImportOnlyTheModules(t *testing.T) {
	for path := range routes(t) {
		allowed := get(path, http.Header{"Origin": {"http://other.example"}}).Header().Get("Access-Control-Allow-Origin")
		require.Equal(t, map[bool]string{true: "*"}[strings.HasPrefix(path, "/plenum")], allowed, path)
	}
}

func TestPlenumJSIsAtMostFourKilobytesGzipped(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(get("/plenum.js", nil).Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.LessOrEqual(t, packed.Len(), 4096)
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	for path := range routes(t) {
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

func TestThePageLoadsNothingFromOtherServersAndCreatesNoMarkup(t *testing.T) {
	for path := range routes(t) {
		text := get(path, nil).Body.String()
		for _, word := range []string{
			"http:", "https://", "url(", // other servers
			"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", // markup or code from strings
			"style=", "<style", "onclick=", "javascript:", // inline styles and scripts
		} {
			require.NotContains(t, text, word, path)
		}
	}
}
