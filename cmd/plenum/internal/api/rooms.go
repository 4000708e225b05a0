package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/names"
	"plenum/rooms"
)

// Room is the JSON form of a rooms.Info.
type Room struct {
	Room    string `json:"room"`
	Members int    `json:"members"`
	Seq     uint64 `json:"seq"`
	Epoch   string `json:"epoch"`
}

// roomPage is a page of rooms. The cursor of the last page is empty.
type roomPage struct {
	Rooms      []Room `json:"rooms"`
	Cursor     string `json:"cursor"`
	Incomplete bool   `json:"incomplete,omitempty"` // a node did not answer in time
}

// memberPage is a page of the names of a room's members, in ascending order. The cursor of the last page is empty.
type memberPage struct {
	Room    string   `json:"room"`
	Members []string `json:"members"`
	Cursor  string   `json:"cursor"`

	Infos map[string]json.RawMessage `json:"infos,omitempty"` // by name, if the request asks for them

	Incomplete bool `json:"incomplete,omitempty"` // a node did not answer in time
}

// Numbers of items on a page.
const (
	defaultPage = 100
	maxPage     = 1000
)

// paged returns the query of a request for a page, and its limit. If the limit is invalid, paged answers the
// request, and ok is false.
func paged(w http.ResponseWriter, r *http.Request) (query url.Values, limit int, ok bool) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		answer.Problem(w, http.StatusBadRequest, "the query cannot be decoded: "+err.Error())
		return nil, 0, false
	}
	given := query.Get("limit")
	if given == "" {
		return query, defaultPage, true
	}
	if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > maxPage {
		answer.Problem(w, http.StatusBadRequest, fmt.Sprintf("limit must be a number from 1 to %d", maxPage))
		return nil, 0, false
	}
	return query, limit, true
}

// listRooms answers GET /api/rooms?limit=&cursor=.
func (a *API) listRooms(w http.ResponseWriter, r *http.Request) {
	query, limit, ok := paged(w, r)
	if !ok {
		return
	}
	found, err := a.cfg.Directory.Rooms(r.Context(), query.Get("cursor"), limit)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	page := roomPage{Rooms: make([]Room, 0, len(found.Rooms)), Incomplete: found.Incomplete}
	for _, info := range found.Rooms {
		page.Rooms = append(page.Rooms, roomOf(info))
	}
	if found.More {
		page.Cursor = found.Next
	}
	answer.JSON(w, http.StatusOK, page)
}

// show answers GET /api/rooms/{room}.
func (s source) show(w http.ResponseWriter, r *http.Request, name string) {
	info, found, err := s.Room(r.Context(), name)
	switch {
	case err != nil:
		answer.BusProblem(w, err)
	case !found:
		s.noSuchRoom(w)
	default:
		answer.JSON(w, http.StatusOK, roomOf(info))
	}
}

func roomOf(info rooms.Info) Room {
	return Room{Room: info.Room, Members: info.Members, Seq: info.Seq, Epoch: info.Epoch}
}

// listMembers answers GET /api/rooms/{room}/members?limit=&cursor=&infos=.
func (s source) listMembers(w http.ResponseWriter, r *http.Request, name string) {
	query, limit, ok := paged(w, r)
	if !ok {
		return
	}
	wanted := query.Get("infos")
	if wanted != "" && wanted != "true" && wanted != "false" {
		answer.Problem(w, http.StatusBadRequest, "infos must be true or false")
		return
	}
	page, err := s.Members(r.Context(), name, s.normal(query.Get("cursor")), limit)
	switch {
	case err != nil:
		answer.BusProblem(w, err)
	case !page.Found:
		s.noSuchRoom(w)
	default:
		members := memberPage{Room: name, Members: page.Names, Cursor: page.Cursor(), Incomplete: page.Incomplete}
		if wanted == "true" {
			members.Infos = answer.Infos(page.Infos)
		}
		answer.JSON(w, http.StatusOK, members)
	}
}

// kicking is the response to a kick: the number of closed connections.
type kicking struct {
	Closed int `json:"closed"`
}

// kick answers DELETE /api/rooms/{room}/members/{username}.
func (s source) kick(w http.ResponseWriter, r *http.Request, name string) {
	username := r.PathValue("username")
	if names.IsDots(username) {
		answer.Problem(w, http.StatusBadRequest, string(access.BadName))
		return
	}
	closed, all, err := s.Kick(r.Context(), name, s.normal(username), s.code, string(access.Kicked))
	for range closed {
		s.guard.CountRefused(access.Kicked)
	}
	switch {
	case err != nil:
		answer.BusProblem(w, err)
		return
	case !all:
		answer.BusProblem(w, fmt.Errorf("%d connections were closed, but a node of the cluster did not answer: try again", closed))
		return
	case closed == 0:
		answer.Problem(w, http.StatusNotFound, "the "+s.noun+" has no member with this name")
		return
	}
	answer.JSON(w, http.StatusOK, kicking{Closed: closed})
}

func (s source) noSuchRoom(w http.ResponseWriter) {
	answer.Problem(w, http.StatusNotFound, "the "+s.noun+" has no members and no retained messages")
}
