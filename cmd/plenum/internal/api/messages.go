package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/names"
	"plenum/codec"
	"plenum/rooms"
)

// MessagePage is a page of a room's history.
type MessagePage struct {
	Room     string            `json:"room"`
	Epoch    string            `json:"epoch"`
	Gap      *missing          `json:"gap,omitempty"` // messages after the requested since that are no longer retained
	Messages []json.RawMessage `json:"messages"`
	Since    string            `json:"since"` // the position at the end of the page
	More     bool              `json:"more"`  // there are later messages
}

// missing is the range of the messages From to To. If To is less than From, no messages are known to be missing,
// but the requested since belongs to another epoch.
type missing struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// listMessages answers GET /api/rooms/{room}/messages?since=&limit=.
func (a *API) listMessages(w http.ResponseWriter, r *http.Request, name string) {
	query, limit, ok := paged(w, r)
	if !ok {
		return
	}
	since, why := access.CheckSince(query.Get("since"))
	if why != "" {
		answer.Problem(w, http.StatusBadRequest, "since must have the form epoch:seq")
		return
	}
	found, ok, err := a.cfg.Directory.Messages(r.Context(), name, since, limit, time.Now().UnixMilli())
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	if !ok {
		noSuchRoom(w)
		return
	}
	page := MessagePage{
		Room: found.Room, Epoch: found.Epoch, Messages: make([]json.RawMessage, 0, len(found.Messages)),
		Since: found.Next.String(), More: found.More,
	}
	for _, m := range found.Messages {
		page.Messages = append(page.Messages, m)
	}
	if found.Lost {
		page.Gap = &missing{From: found.From, To: found.To}
	}
	answer.JSON(w, http.StatusOK, page)
}

// published is the response to a published message.
type published struct {
	Seq   uint64 `json:"seq"`
	Epoch string `json:"epoch"`
}

// postMessage answers POST /api/rooms/{room}/messages.
func (a *API) postMessage(w http.ResponseWriter, r *http.Request, name string) {
	// An escaped byte takes up to six bytes of JSON, such as \u0000.
	sent, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 6*(int64(a.cfg.MaxMessage)+names.MaxSigned)+1024))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		answer.Problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must not be longer than %d bytes", large.Limit))
		return
	case err != nil:
		answer.Problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := codec.ParsePublish(sent)
	if err != nil {
		answer.Problem(w, http.StatusBadRequest, `the body must be {"sender":"…","text":"…"}: `+err.Error())
		return
	}
	sender, why := access.CheckName(cmp.Or(p.Sender, caller(r)), names.MaxSigned)
	switch {
	case why != "":
		answer.Problem(w, http.StatusBadRequest, "sender must be a valid username: "+string(why))
		return
	case p.Size() > int(a.cfg.MaxMessage):
		answer.Problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("text, event and data together must not be longer than %s (--max-message)", a.cfg.MaxMessage))
		return
	}
	now := time.Now().UnixMilli()
	body, err := codec.Encode(p.Message(sender, name, now))
	if err != nil {
		answer.Problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer body.Free()
	done := make(receipt, 1)
	a.cfg.Publisher.Publish(name, body.Bytes(), now, done)
	var result outcome
	select {
	case result = <-done:
	case <-r.Context().Done():
		return
	}
	switch {
	case answer.BusCode(result.err) != "":
		answer.BusProblem(w, result.err)
	case result.err != nil:
		w.Header().Set("Retry-After", "1")
		answer.Problem(w, http.StatusServiceUnavailable, answer.Text(result.err))
	default:
		answer.JSON(w, http.StatusAccepted, published{Seq: result.seq, Epoch: result.epoch.String()})
	}
}

// receipt is a rooms.Receipt that receives the outcome on a channel of capacity one, so Published never blocks.
type receipt chan outcome

type outcome struct {
	epoch rooms.Epoch
	seq   uint64
	err   error
}

// Published implements rooms.Receipt.
func (r receipt) Published(epoch rooms.Epoch, seq uint64, err error) { r <- outcome{epoch, seq, err} }
