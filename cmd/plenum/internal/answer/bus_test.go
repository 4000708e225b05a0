package answer

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/rooms"
)

func TestClientsReceiveErrorsWithoutTheNameOfAPackage(t *testing.T) {
	t.Parallel()
	for _, s := range sent {
		text := Text(errors.Join(s.err, errors.New("natsbus: the stream has no leader")))
		assert.NotRegexp(t, `rooms: |natsbus: |\n`, text)
		assert.True(t, strings.HasSuffix(s.err.Error(), ": "+text), text)
	}
	assert.Equal(t, "2 connections were closed: try again", Text(errors.New("2 connections were closed: try again")))

	w := httptest.NewRecorder()
	BusProblem(w, rooms.ErrBus)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), `"detail":"the bus is away","code":"bus"`)
}
