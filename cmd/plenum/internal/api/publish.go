package api

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/cmd/plenum/internal/names"
	"plenum/codec"
)

// maxBody is the maximum length of the body of a request that publishes one message. An escaped byte takes up to six bytes of
// JSON, such as \u0000.
func (a *API) maxBody() int64 { return 6*(int64(a.cfg.MaxMessage)+names.MaxSigned) + 1024 }

// readBody returns the body of a request. If it cannot be read, or is longer than limit, readBody answers the request, and ok is
// false.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		answer.Problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must not be longer than %d bytes", large.Limit))
	case err != nil:
		answer.Problem(w, http.StatusBadRequest, err.Error())
	}
	return body, err == nil
}

// post is a message for one room.
type post struct {
	room string
	codec.Publish
}

// check returns the post with the sender in its normal form. If it is invalid, the status is not 0, and why says why.
func (a *API) check(r *http.Request, p post) (checked post, status int, why string) {
	sender, refusal := access.CheckName(cmp.Or(p.Sender, caller(r)), names.MaxSigned)
	switch {
	case refusal != "":
		return p, http.StatusBadRequest, "sender must be a valid username: " + string(refusal)
	case p.Size() > int(a.cfg.MaxMessage):
		return p, http.StatusRequestEntityTooLarge, fmt.Sprintf("text, event and data together must not be longer than %s (--max-message)", a.cfg.MaxMessage)
	}
	p.Sender = sender
	return p, 0, ""
}

// idempotencyKey is the header with which a caller repeats a request safely.
const idempotencyKey = "Idempotency-Key"

// maxKey is the maximum length of an idempotency key, in bytes.
const maxKey = 128

// publish publishes the messages of a request, and returns their results in the same order. If the request has the key of an
// earlier one, only messages that cannot have been published are published. ok is false if the key was refused, which publish
// has answered, or if the caller is gone.
func (a *API) publish(w http.ResponseWriter, r *http.Request, body []byte, posts []post) (results []idempotency.Result, ok bool) {
	call, ok := a.callOf(w, r, body, len(posts))
	if !ok {
		return nil, false
	}
	pending, done := call.Begin()
	now := time.Now().UnixMilli()
	for _, i := range pending {
		p := posts[i]
		encoded, err := codec.Encode(p.Message(p.Sender, p.room, now))
		if err != nil {
			call.Receipt(i).Published(0, 0, err)
			continue
		}
		a.cfg.Publisher.Publish(p.room, encoded.Bytes(), now, call.Receipt(i))
		encoded.Free()
	}
	select {
	case <-done:
		return call.Results(), true
	case <-r.Context().Done():
		return nil, false
	}
}

// callOf returns the call of a request: the earlier one with the same key, or a new one. If the key is refused, callOf answers
// the request, and ok is false. Callers without a name share their keys.
func (a *API) callOf(w http.ResponseWriter, r *http.Request, body []byte, n int) (call *idempotency.Call, ok bool) {
	keys, given := r.Header[idempotencyKey]
	if !given {
		return idempotency.NewCall(n), true
	}
	if len(keys) != 1 || !isKey(keys[0]) {
		answer.Problem(w, http.StatusBadRequest, fmt.Sprintf("%s must be one value of 1 to %d letters, digits and punctuation of ASCII", idempotencyKey, maxKey))
		return nil, false
	}
	content := append([]byte(r.URL.EscapedPath()+"\x00"), body...)
	call, known, err := a.cfg.Keys.Call(caller(r), keys[0], content, n, time.Now())
	if err != nil {
		answer.Problem(w, http.StatusUnprocessableEntity, idempotencyKey+" was used for another request within the last "+idempotency.Keep.String())
		return nil, false
	}
	if known {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	return call, true
}

// isKey reports whether text may be an idempotency key.
func isKey(text string) bool {
	return text != "" && len(text) <= maxKey && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
