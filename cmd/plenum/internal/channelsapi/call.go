package channelsapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
)

// call is a request of an app's back end.
type call struct {
	*http.Request
	app      *apps.App
	settings *apps.Config // at the start of the request
	query    pusher.Query
	body     []byte
}

// authorize checks the signature, and then the rate of requests.
func (c *call) authorize(now time.Time) error {
	var err error
	if c.query, err = pusher.ParseQuery(c.URL.RawQuery); err != nil {
		return invalid("the query cannot be decoded")
	}
	signed := c.signed()
	if err := signed.Check(c.settings.Key, c.settings.Secret, now); err != nil {
		return failure{status: http.StatusUnauthorized, text: err.Error()}
	}
	if !c.app.TakeRequest(now) {
		limit := c.settings.Limits.Requests
		return failure{status: http.StatusTooManyRequests, text: fmt.Sprintf("more than %d requests per second (limits.requests of the app)", limit), retry: true}
	}
	return nil
}

func (c *call) signed() *pusher.Request {
	return &pusher.Request{Method: c.Method, Path: c.URL.Path, RawPath: c.URL.EscapedPath(), Query: c.query, Body: c.body}
}

// readBody reads the body and compares it with its MD5, which is signed.
func (c *call) readBody(w http.ResponseWriter) (err error) {
	limit := c.maxBody()
	c.body, err = io.ReadAll(http.MaxBytesReader(w, c.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return failure{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the body must not be longer than %d bytes, which follows from the limits of the app", limit)}
	case err != nil:
		return invalid("the body ends too early")
	}
	if err := c.signed().CheckBody(); err != nil {
		return failure{status: http.StatusUnauthorized, text: err.Error()}
	}
	return nil
}

// maxBody returns the maximum length of a body. An escaped byte of data takes up to six bytes of JSON, such as \u0000.
func (c *call) maxBody() int64 {
	const name = 6*pusher.MaxName + 3 // with quotes and a comma
	l := c.settings.Limits
	event := 6*int64(l.Payload) + 2*name + 1024
	return max(event+int64(l.EventChannels)*name, event*int64(l.BatchEvents))
}

// info returns the attributes that the parameter or field info names. Each must be one of allowed.
func info(text string, allowed ...string) (attributes []string, err error) {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case !slices.Contains(allowed, name):
			return nil, invalid("info must be of " + strings.Join(allowed, ", "))
		default:
			attributes = append(attributes, name)
		}
	}
	return attributes, nil
}

// channel returns the channel in the path.
func (c *call) channel() (name string, kind pusher.Channel, err error) {
	name = c.PathValue("channel")
	if kind, err = pusher.ParseChannel(name); err != nil {
		return "", kind, invalidChannel
	}
	return name, kind, nil
}
