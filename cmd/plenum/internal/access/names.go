package access

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/cmd/plenum/internal/names"
	"plenum/rooms"
)

// MaxRoom is the longest name of a room, in bytes.
const MaxRoom = 128

// maxEpoch is the longest epoch that a client may give, in bytes.
const maxEpoch = 64

// AnonymousName is the name of a client that gives none.
const AnonymousName = "Anonymous"

// defaultRoom is the room of a client that gives none.
const defaultRoom = "general"

// CheckName returns the one spelling of a user's name, a string of its own, or why the name is
// refused. limit is in bytes; an empty name stands for AnonymousName.
func CheckName(name string, limit int) (string, Refusal) {
	if name == "" {
		return AnonymousName, ""
	}
	checked, err := names.Check(name, limit)
	switch {
	case errors.Is(err, names.ErrReserved):
		return "", NameReserved
	case err != nil:
		return "", BadName
	}
	return checked, ""
}

// CheckRoom returns the room to use, part of the string that it was given, or why it is refused.
func CheckRoom(room string) (string, Refusal) {
	switch {
	case room == "":
		return defaultRoom, ""
	case !isPlain(room, MaxRoom) || names.IsDots(room):
		return "", BadRoom
	}
	return room, ""
}

// isPlain reports whether s is at most limit bytes of UTF-8 without control characters.
func isPlain(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// CheckSince returns the position that text names, nil if text is empty, or why it is refused.
func CheckSince(text string) (*rooms.Since, Refusal) {
	if text == "" {
		return nil, ""
	}
	since, err := rooms.ParseSince(text)
	if err != nil || !isPlain(since.Epoch, maxEpoch) {
		return nil, BadSince
	}
	return &since, ""
}
