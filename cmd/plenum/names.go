package main

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"plenum/cmd/plenum/internal/names"
	"plenum/rooms"
)

// Limits in bytes, and the defaults of names that are not given.
const (
	maxRoom  = 128
	maxEpoch = 64

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

// checkName returns the one spelling of a user's name, a string of its own, or why the name is
// refused. limit is in bytes; an empty name stands for defaultName.
func checkName(name string, limit int) (string, fault) {
	if name == "" {
		return defaultName, ""
	}
	checked, err := names.Check(name, limit)
	switch {
	case errors.Is(err, names.ErrReserved):
		return "", nameReserved
	case err != nil:
		return "", badName
	}
	return checked, ""
}

// checkRoom returns the room to use, part of what it was given, or what is wrong with it.
func checkRoom(room string) (string, fault) {
	switch {
	case room == "":
		return defaultRoom, ""
	case !plain(room, maxRoom) || names.IsDots(room):
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
	if err != nil || !plain(since.Epoch, maxEpoch) {
		return nil, badSince
	}
	return &since, ""
}
