package main

import (
	"context"
	_ "embed"
	"maps"
	"net/http"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/pathmux"
)

// apiRoutes are the resources of the API and what each method of them does, as
// openapi.json describes them.
func (s *server) apiRoutes() map[string]methods {
	return map[string]methods{
		"/api/openapi.json":                    {http.MethodGet: describe},
		"/api/rooms":                           {http.MethodGet: s.listRooms},
		"/api/rooms/{room}":                    {http.MethodGet: inRoom(s.showRoom)},
		"/api/rooms/{room}/members":            {http.MethodGet: inRoom(s.listMembers)},
		"/api/rooms/{room}/members/{username}": {http.MethodDelete: inRoom(s.kick)},
		"/api/rooms/{room}/messages":           {http.MethodGet: inRoom(s.listMessages), http.MethodPost: inRoom(s.postMessage)},
	}
}

// methods are what a resource does, by method.
type methods map[string]http.HandlerFunc

//go:embed openapi.json
var openAPI []byte

// inRoom is h of the room in the path; where that is out of bounds the answer is given.
func inRoom(h func(w http.ResponseWriter, r *http.Request, name string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, why := access.CheckRoom(r.PathValue("room"))
		if why != "" {
			answer.Problem(w, http.StatusBadRequest, string(why))
			return
		}
		h(w, r, name)
	}
}

// describe answers with the description of the API.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}

func (s *server) routeAPI(named *pathmux.Mux, mux *http.ServeMux) {
	for path, m := range s.apiRoutes() {
		named.Handle(path, s.api(m))
	}
	mux.HandleFunc("/api", answer.NotFound)
	mux.HandleFunc("/api/", answer.NotFound)
}

// api guards a resource: its methods, and who may call it; a web page only of an
// allowed origin.
func (s *server) api(m methods) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	if get, ok := m[http.MethodGet]; ok {
		m[http.MethodHead] = get
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, known := m[r.Method]
		name, may := s.mayCall(w, r)
		switch {
		case !may:
		case r.Header.Get("Origin") != "" && !s.guard.AllowOrigin(r):
			s.guard.DenyOrigin(w)
		case !known:
			w.Header().Set("Allow", allow)
			answer.Problem(w, http.StatusMethodNotAllowed, "the method must be "+allow)
		default:
			h(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, name)))
		}
	})
}

// callerKey is the key of the context value that caller reads.
type callerKey struct{}

// caller returns the name of the token with which the API was called; empty without sign-in.
func caller(r *http.Request) string {
	name, _ := r.Context().Value(callerKey{}).(string)
	return name
}

// mayCall tells whether the API answers the caller, and the name of the caller's token; if it
// does not, the answer is given. Without sign-in it answers who is on this machine, speaks to
// it by a name of this machine, and has not been passed on by a proxy; else admins.
func (s *server) mayCall(w http.ResponseWriter, r *http.Request) (name string, may bool) {
	if !s.guard.NeedsToken() {
		why := access.NotLocal(r)
		if why != "" {
			answer.Problem(w, http.StatusForbidden, "without sign-in the API answers only to callers on this machine; "+why)
		}
		return "", why == ""
	}
	id, why := s.guard.SignIn(w, r, "")
	if why == "" && !id.Admin {
		why = access.NotAllowed
	}
	if why != "" {
		access.Deny(w, why)
	}
	return id.Name, why == ""
}
