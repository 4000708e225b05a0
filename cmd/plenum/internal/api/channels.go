package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/codec/pusher"
)

// Channels has the channels of the Pusher Channels protocol. A channel is a room, which is named by the id of its app, a
// slash, and the name of the channel.
type Channels struct {
	Apps      *apps.Registry
	Directory Directory
	Publisher Publisher
}

// closeTerminated is the close code of a kicked client of the protocol. Clients do not reconnect after it.
const closeTerminated = 4009

// channels returns the handlers of the resources for operators by path pattern and method.
func (a *API) channels() map[string]methods {
	all := map[string]methods{"/api/apps": {http.MethodGet: a.listApps}}
	c := a.cfg.Channels
	if c == nil {
		return all
	}
	s := source{c.Directory, a.cfg.Guard, "channel", func(name string) string { return name }, closeTerminated}
	all["/api/channels/openapi.json"] = methods{http.MethodGet: describeChannels}
	all["/api/channels"] = methods{http.MethodGet: c.list}
	all["/api/channels/{app}/{channel}"] = methods{http.MethodGet: c.in(s.show)}
	all["/api/channels/{app}/{channel}/members"] = methods{http.MethodGet: c.inPresence(s.listMembers)}
	all["/api/channels/{app}/{channel}/members/{username}"] = methods{http.MethodDelete: c.inPresence(s.kick)}
	all["/api/channels/{app}/{channel}/messages"] = methods{http.MethodGet: c.in(s.listMessages), http.MethodPost: c.addressed(c.postEvent)}
	return all
}

// appList is the response with the ids of all apps. It has nothing else of them, in particular no secret.
type appList struct {
	Apps []string `json:"apps"`
}

// listApps answers GET /api/apps.
func (a *API) listApps(w http.ResponseWriter, _ *http.Request) {
	list := appList{[]string{}}
	if a.cfg.Channels != nil {
		for _, app := range a.cfg.Channels.Apps.All() {
			list.Apps = append(list.Apps, app.ID())
		}
	}
	answer.JSON(w, http.StatusOK, list)
}

// channel is the channel that a path names.
type channel struct {
	pusher.Channel
	app  *apps.App
	name string
}

func (c channel) room() string { return pusher.RoomOf(c.app.ID(), c.name) }

// addressed returns a handler that calls h with the channel in the path. It answers requests with an unknown app or an
// invalid name by itself.
func (c *Channels) addressed(h func(w http.ResponseWriter, r *http.Request, at channel)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		at := channel{app: c.Apps.ByID(r.PathValue("app")), name: r.PathValue("channel")}
		var err error
		if at.Channel, err = pusher.ParseChannel(at.name); err != nil {
			answer.Problem(w, http.StatusBadRequest, textOf(err))
			return
		}
		if at.app == nil {
			noSuchApp(w, r.PathValue("app"))
			return
		}
		h(w, r, at)
	}
}

// in returns a handler that calls h with the room of the channel in the path.
func (c *Channels) in(h func(w http.ResponseWriter, r *http.Request, room string)) http.HandlerFunc {
	return c.addressed(func(w http.ResponseWriter, r *http.Request, at channel) { h(w, r, at.room()) })
}

// inPresence is like in, for presence channels only. It answers requests with any other channel by itself.
func (c *Channels) inPresence(h func(w http.ResponseWriter, r *http.Request, room string)) http.HandlerFunc {
	return c.addressed(func(w http.ResponseWriter, r *http.Request, at channel) {
		if at.Kind != pusher.Presence {
			answer.Problem(w, http.StatusBadRequest, "only a presence channel has members that are known by name")
			return
		}
		h(w, r, at.room())
	})
}

// testEvent is the body of a request that publishes an event.
type testEvent struct {
	Name string  `json:"name"`
	Data *string `json:"data"`
}

// check returns the HTTP status and the reason if e must not be published. The status is 0 if e may be published.
func (e testEvent) check(at channel) (status int, why string) {
	limit := at.app.Settings().Limits.Payload
	switch err := pusher.CheckName(e.Name); {
	case err != nil:
		return http.StatusBadRequest, textOf(err)
	case at.Kind == pusher.Encrypted:
		return http.StatusBadRequest, "the events of an encrypted channel are encrypted by the app's back end: the server has no key"
	case len(*e.Data) > limit:
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("data must not be longer than %d bytes (limits.payload of the app)", limit)
	}
	return 0, ""
}

// postEvent answers POST /api/channels/{app}/{channel}/messages.
func (c *Channels) postEvent(w http.ResponseWriter, r *http.Request, at channel) {
	body, ok := readBody(w, r, 6*(int64(at.app.Settings().Limits.Payload)+pusher.MaxName)+1024)
	if !ok {
		return
	}
	var e testEvent
	if !utf8.Valid(body) || json.Unmarshal(body, &e) != nil || e.Data == nil {
		answer.Problem(w, http.StatusBadRequest, `the body must be {"name":"…","data":"…"}, where name and data are strings`)
		return
	}
	if status, why := e.check(at); status != 0 {
		answer.Problem(w, status, why)
		return
	}
	call := idempotency.NewCall(1)
	_, done := call.Begin()
	c.Publisher.Publish(at.room(), pusher.AppendEvent(nil, "", e.Name, at.name, *e.Data), time.Now().UnixMilli(), call.Receipt(0))
	select {
	case <-done:
		answerPublished(w, call.Results()[0])
	case <-r.Context().Done():
	}
}

func noSuchApp(w http.ResponseWriter, id string) {
	answer.Problem(w, http.StatusNotFound, fmt.Sprintf("there is no app with the id %.64q", id))
}

// textOf returns the text of an error of package pusher for people.
func textOf(err error) string { return strings.TrimPrefix(err.Error(), "pusher: ") }
