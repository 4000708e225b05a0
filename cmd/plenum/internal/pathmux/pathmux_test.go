package pathmux_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/cmd/plenum/internal/pathmux"
)

func TestANameOfManySegmentsEndsAtTheLastSegmentsOfItsPattern(t *testing.T) {
	mux := &pathmux.Mux{Rest: http.NotFoundHandler()}
	mux.Handle("/apps/{app}/users/{user...}/end", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("app")+": "+r.PathValue("user"))
	}))
	for path, want := range map[string]string{
		"/apps/1/users/a/end":             "1: a",
		"/apps/1/users/a/b/end":           "1: a/b",
		"/apps/1/users/a%2Fb/end":         "1: a/b",
		"/apps/1/users/a%2Fb/c%20d/end":   "1: a/b/c d",
		"/apps/1/users//a//b/end":         "1: /a//b",
		"/apps/1/users/a/end/end":         "1: a/end",
		"/apps/1/users/a/end/users/b/end": "1: a/end/users/b",
		"/apps/1/users//end":              "",
		"/apps/1/users/end":               "",
		"/apps/1/users/a/b":               "",
		"/apps//users/a/b/end":            "",
		"/apps/1/2/users/a/end":           "",
	} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, path, nil))
		if want == "" {
			assert.Equal(t, http.StatusNotFound, answer.Code, path)
			continue
		}
		assert.Equal(t, want, answer.Body.String(), path)
	}
}
