package webfile_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/webfile"
)

func get(header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header = header
	recorder := httptest.NewRecorder()
	webfile.New(webfile.HTML, []byte("<p>hello")).ServeHTTP(recorder, request)
	return recorder
}

func TestAFileIsServedWithItsTypeAndSecurityHeaders(t *testing.T) {
	response := get(nil)
	require.Equal(t, http.StatusOK, response.Code)
	require.Equal(t, "<p>hello", response.Body.String())
	require.Equal(t, "text/html; charset=utf-8", response.Header().Get("Content-Type"))
	require.Equal(t, "nosniff", response.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", response.Header().Get("Referrer-Policy"))
	require.Equal(t, "no-cache", response.Header().Get("Cache-Control"))
	policy := response.Header().Get("Content-Security-Policy")
	require.True(t, strings.HasPrefix(policy, "default-src 'none'; "), policy)
	require.NotContains(t, policy, "unsafe")
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	etag := get(nil).Header().Get("ETag")
	require.NotEmpty(t, etag)
	response := get(http.Header{"If-None-Match": {etag}})
	require.Equal(t, http.StatusNotModified, response.Code)
	require.Zero(t, response.Body.Len())
	require.Equal(t, http.StatusOK, get(http.Header{"If-None-Match": {`"other"`}}).Code)
}
