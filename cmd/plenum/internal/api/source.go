package api

import (
	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/names"
	"plenum/codec/frame"
)

// source has the rooms of a resource: the native rooms, or the channels of apps.
type source struct {
	Directory
	guard  *access.Guard
	noun   string                   // the word for a room in answers
	normal func(name string) string // returns the form of a member's name that the directory has
	code   int                      // close code of a kicked member
}

// native returns the source of the native rooms.
func (a *API) native() source {
	return source{a.cfg.Directory, a.cfg.Guard, "room", names.Normal, frame.ClosePolicy}
}
