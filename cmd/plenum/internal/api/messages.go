package api

import (
	"encoding/json"
	"net/http"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/codec"
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
func (s source) listMessages(w http.ResponseWriter, r *http.Request, name string) {
	query, limit, ok := paged(w, r)
	if !ok {
		return
	}
	since, why := access.CheckSince(query.Get("since"))
	if why != "" {
		answer.Problem(w, http.StatusBadRequest, "since must have the form epoch:seq")
		return
	}
	found, ok, err := s.Messages(r.Context(), name, since, limit, time.Now().UnixMilli())
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	if !ok {
		s.noSuchRoom(w)
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
	body, ok := readBody(w, r, a.maxBody())
	if !ok {
		return
	}
	p, err := codec.ParsePublish(body)
	if err != nil {
		answer.Problem(w, http.StatusBadRequest, `the body must be {"sender":"…","text":"…"}: `+err.Error())
		return
	}
	checked, status, why := a.check(r, post{name, p})
	if status != 0 {
		answer.Problem(w, status, why)
		return
	}
	results, ok := a.publish(w, r, body, []post{checked})
	if !ok {
		return
	}
	answerPublished(w, results[0])
}

// answerPublished answers a request that has published one message.
func answerPublished(w http.ResponseWriter, result idempotency.Result) {
	switch {
	case answer.BusCode(result.Err) != "":
		answer.BusProblem(w, result.Err)
	case result.Err != nil:
		w.Header().Set("Retry-After", "1")
		answer.Problem(w, http.StatusServiceUnavailable, answer.Text(result.Err))
	default:
		answer.JSON(w, http.StatusAccepted, published{Seq: result.Seq, Epoch: result.Epoch.String()})
	}
}
