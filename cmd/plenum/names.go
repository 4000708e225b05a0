package main

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/codec"
	"plenum/rooms"
)

// Bounds of names in bytes, and what stands for one that is not given.
const (
	maxName = 64
	maxRoom = 128

	defaultName = "Anonymous"
	defaultRoom = "general"
)

// fault is why a client is refused: the reason of close code 1008.
type fault string

const (
	missingToken fault = "Missing token"
	invalidToken fault = "Invalid token"
	notAllowed   fault = "Not allowed"
	badName      fault = "Bad name"
	badRoom      fault = "Bad room"
	badSince     fault = "Bad since"
	nameReserved fault = "Name reserved"
	rateLimit    fault = "Rate limit"
	tooManyRooms fault = "Too many rooms"
	kicked       fault = "Kicked"
)

// checkName returns the name to use, a string of its own, or what is wrong with it.
func checkName(name string) (string, fault) {
	switch {
	case name == "":
		return defaultName, ""
	case !plain(name, maxName):
		return "", badName
	case strings.EqualFold(visible(name), codec.System):
		return "", nameReserved
	}
	return strings.Clone(name), ""
}

// visible is name without what nobody sees: spaces around it, and format
// characters such as the zero-width space.
func visible(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name))
}

// checkRoom returns the room to use, part of what it was given, or what is wrong with it.
func checkRoom(room string) (string, fault) {
	switch {
	case room == "":
		return defaultRoom, ""
	case !plain(room, maxRoom):
		return "", badRoom
	}
	return room, ""
}

// plain tells whether s is at most limit bytes of UTF-8 without control characters.
func plain(s string, limit int) bool {
	return len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// checkSince returns the place that is asked for, nil where none is, or what is wrong
// with it.
func checkSince(text string) (*rooms.Since, fault) {
	if text == "" {
		return nil, ""
	}
	since, err := rooms.ParseSince(text)
	if err != nil || !plain(since.Epoch, maxName) {
		return nil, badSince
	}
	return &since, ""
}
