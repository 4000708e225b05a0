package channelsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"plenum/cmd/plenum/internal/answer"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// failure is an error with the status of its answer.
type failure struct {
	status int
	text   string
	retry  bool // the same request may succeed later
}

func (f failure) Error() string { return f.text }

// invalid returns the failure of a request with wrong content.
func invalid(text string) error { return failure{status: http.StatusBadRequest, text: text} }

var invalidChannel = invalid(fmt.Sprintf("a channel's name must have 1 to %d letters, digits or characters of _-=@,.;", pusher.MaxName))

// silentNode is the failure of a request for which a node of the cluster did not answer in time.
var silentNode = failure{status: http.StatusServiceUnavailable, text: "a node of the cluster did not answer: try again", retry: true}

// refuse answers a request that failed.
func refuse(w http.ResponseWriter, err error) {
	f := failureOf(err)
	if f.retry {
		w.Header().Set("Retry-After", "1")
	}
	answer.JSON(w, f.status, struct {
		Error string `json:"error"`
	}{f.text})
}

// failureOf returns the failure of an error of this package, of the rooms, or of the bus.
func failureOf(err error) failure {
	var f failure
	switch {
	case errors.As(err, &f):
		return f
	case answer.BusCode(err) == answer.CodeTooLarge:
		return failure{status: http.StatusRequestEntityTooLarge, text: answer.Text(err)}
	case answer.BusCode(err) == answer.CodeUnknown: // no retry: the event may be published already
		return failure{status: http.StatusServiceUnavailable, text: answer.Text(err)}
	case errors.Is(err, context.Canceled): // the client is gone
		return failure{status: http.StatusServiceUnavailable, text: "canceled"}
	case errors.Is(err, rooms.ErrBus), errors.Is(err, rooms.ErrBacklog), errors.Is(err, rooms.ErrOverloaded):
		return failure{status: http.StatusServiceUnavailable, text: answer.Text(err), retry: true}
	}
	return failure{status: http.StatusInternalServerError, text: answer.Text(err)}
}
