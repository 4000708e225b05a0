package access

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/cmd/plenum/internal/names"
	"plenum/rooms"
)

// MaxRoom is the maximum length of a room's name, in bytes.
const MaxRoom = 128

// maxEpoch is the maximum length of an epoch in a client's since, in bytes.
const maxEpoch = 64

// UserRoom begins the name of a user's own room; the name of the user follows. It is reserved if sign-in is on.
const UserRoom = "#user:"

// AnonymousName is the name of a client that sends none.
const AnonymousName = "Anonymous"

// defaultRoom is the room of a client that names none.
const defaultRoom = "general"

// CheckName returns the normal form of a user's name, or why the name is refused. An empty name becomes
// AnonymousName. limit is in bytes. The result shares no memory with name.
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

// CheckRoom returns the name of the room, or why it is refused. An empty name becomes the default room. The
// result shares the memory of room.
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

// CheckSince parses a position of the form epoch:seq. It returns nil if text is empty, or why text is refused.
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
