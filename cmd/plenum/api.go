package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"plenum/codec"
)

// room is a room in the API's answers: a rooms.Info with its keys.
type room struct {
	Room    string `json:"room"`
	Members int    `json:"members"`
	Seq     uint64 `json:"seq"`
	Epoch   string `json:"epoch"`
}

// roomPage is a page of rooms; an empty cursor is the last page's.
type roomPage struct {
	Rooms  []room `json:"rooms"`
	Cursor string `json:"cursor"`
}

// published is the answer to a message.
type published struct {
	Seq   uint64 `json:"seq"`
	Epoch string `json:"epoch"`
}

// Sizes of a page of rooms.
const (
	defaultPage = 100
	maxPage     = 1000
)

func (s *server) apiRoutes(mux *http.ServeMux) {
	mux.Handle("/api/rooms", s.api(http.MethodGet, s.listRooms))
	mux.Handle("/api/rooms/{room}", s.api(http.MethodGet, s.showRoom))
	mux.Handle("/api/rooms/{room}/messages", s.api(http.MethodPost, s.postMessage))
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "no such resource: "+r.URL.Path)
	})
}

// strict answers API paths that are not clean with 404, where ServeMux would
// redirect, and a client that follows turn a POST into a GET.
func strict(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p == "/api" || strings.HasPrefix(p, "/api/") && path.Clean(p) != p {
			problem(w, http.StatusNotFound, "no such resource: "+p)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// api guards a route of the API: its method, and who may call it; a web page only of an
// allowed origin.
func (s *server) api(method string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.mayCall(w, r):
		case r.Header.Get("Origin") != "" && !s.allowOrigin(r):
			problem(w, http.StatusForbidden, "origin not allowed")
		case r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead):
			w.Header().Set("Allow", method)
			problem(w, http.StatusMethodNotAllowed, "the method must be "+method)
		default:
			h(w, r)
		}
	})
}

// mayCall tells whether the API answers the caller; where not, the answer is given. Without
// sign-in it answers who is on this machine, speaks to it by a name of this machine, and
// has not been passed on by a proxy; else admins.
func (s *server) mayCall(w http.ResponseWriter, r *http.Request) bool {
	if s.live.Load().verifier == nil {
		if !fromLoopback(r) {
			problem(w, http.StatusForbidden, "the API answers only to callers on this machine")
			return false
		}
		return true
	}
	id, why := s.signIn(w, r, "")
	if why == "" && !id.Admin {
		why = notAllowed
	}
	if why != "" {
		deny(w, why)
	}
	return why == ""
}

func fromLoopback(r *http.Request) bool {
	if r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	return isLoopback(r.RemoteAddr) && namesLoopback(r)
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && net.ParseIP(host).IsLoopback()
}

// namesLoopback tells whether the request's Host is one of this machine's own
// names. It keeps out a web page whose domain was made to resolve to 127.0.0.1.
func namesLoopback(r *http.Request) bool {
	u := url.URL{Host: r.Host}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

// listRooms answers GET /api/rooms?limit=&cursor=.
func (s *server) listRooms(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		problem(w, http.StatusBadRequest, "the query cannot be decoded: "+err.Error())
		return
	}
	limit := defaultPage
	if given := query.Get("limit"); given != "" {
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > maxPage {
			problem(w, http.StatusBadRequest, fmt.Sprintf("limit must be a number from 1 to %d", maxPage))
			return
		}
	}
	infos, more := s.rooms.Rooms(query.Get("cursor"), limit)
	page := roomPage{Rooms: make([]room, 0, len(infos))}
	for _, info := range infos {
		page.Rooms = append(page.Rooms, room(info))
	}
	if more {
		page.Cursor = infos[len(infos)-1].Room
	}
	answer(w, http.StatusOK, page)
}

// showRoom answers GET /api/rooms/{room}.
func (s *server) showRoom(w http.ResponseWriter, r *http.Request) {
	name, ok := s.roomName(w, r)
	if !ok {
		return
	}
	info, found := s.rooms.Room(name)
	if !found {
		problem(w, http.StatusNotFound, "nobody is in this room")
		return
	}
	answer(w, http.StatusOK, room(info))
}

// postMessage answers POST /api/rooms/{room}/messages.
func (s *server) postMessage(w http.ResponseWriter, r *http.Request) {
	name, ok := s.roomName(w, r)
	if !ok {
		return
	}
	// JSON may write a byte of text as six.
	sent, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 6*int64(s.cfg.MaxMessage)+1024))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, err.Error())
		return
	case err != nil:
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	p, err := codec.ParsePublish(sent)
	if err != nil {
		problem(w, http.StatusBadRequest, `the body must be {"sender":"…","text":"…"}: `+err.Error())
		return
	}
	sender, why := checkName(p.Sender)
	switch {
	case why != "":
		problem(w, http.StatusBadRequest, string(why))
		return
	case len(p.Text) > int(s.cfg.MaxMessage):
		problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the text is longer than %s", s.cfg.MaxMessage))
		return
	}
	now := time.Now().UnixMilli()
	body, err := codec.Encode(codec.Message{Sender: sender, Text: p.Text, Room: name, Timestamp: now})
	if err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer body.Free()
	seq, epoch, err := s.rooms.Publish(name, body.Bytes(), now)
	if err != nil {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	answer(w, http.StatusAccepted, published{Seq: seq, Epoch: epoch})
}

// roomName is the room in the path; where it is out of bounds the answer is given.
func (s *server) roomName(w http.ResponseWriter, r *http.Request) (name string, ok bool) {
	name, why := checkRoom(r.PathValue("room"))
	if why != "" {
		problem(w, http.StatusBadRequest, string(why))
	}
	return name, why == ""
}
