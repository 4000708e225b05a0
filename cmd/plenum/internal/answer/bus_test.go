package answer

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/rooms"
	"plenum/rooms/natsbus"
)

func TestClientsReceiveErrorsWithoutTheNameOfAPackage(t *testing.T) {
	t.Parallel()
	for text, err := range map[string]error{
		"the bus is away": errors.Join(rooms.ErrBus, errors.New("natsbus: the stream has no leader")),
		"the bus went away, and it is unknown whether the message was published": rooms.ErrUnknown,
		"the message is larger than the brokers accept (max_payload)":            natsbus.ErrTooLarge,
		"the room's backlog is full, retry later":                                rooms.ErrBacklog,
		"the room is overloaded: more than half of its members cannot keep up":   rooms.ErrOverloaded,
		"2 connections were closed: try again":                                   errors.New("2 connections were closed: try again"),
	} {
		assert.Equal(t, text, Text(err))
	}
	w := httptest.NewRecorder()
	BusProblem(w, rooms.ErrBus)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), `"detail":"the bus is away","code":"bus"`)
}
