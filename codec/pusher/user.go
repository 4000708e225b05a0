package pusher

import (
	"encoding/json"
	"errors"
	"strings"
)

// User is a user that a signed text names.
type User struct {
	ID   string
	Info string // JSON; empty if there is none
}

// MaxUserInfo is the maximum length of a user's info, in bytes. Pusher allows 1 KB.
const MaxUserInfo = 2 << 10

// The errors of users. Their texts are sent to clients.
var (
	ErrChannelData = errors.New("pusher: the channel_data must be an object with a user_id of 1 to 128 bytes and a user_info of at most 2048 bytes")
	ErrUserData    = errors.New("pusher: the user_data must be an object with an id, a string of 1 to 128 bytes")
)

// ParseChannelData decodes the channel_data of a presence channel. user_id may be a number too. The error is ErrChannelData.
func ParseChannelData(text string) (User, error) {
	var d struct {
		ID   json.RawMessage `json:"user_id"`
		Info json.RawMessage `json:"user_info"`
	}
	if !isObject([]byte(text)) || clients.UnmarshalFromString(text, &d) != nil {
		return User{}, ErrChannelData
	}
	u := User{ID: string(d.ID), Info: infoOf(d.Info)}
	if len(d.ID) > 0 && d.ID[0] == '"' {
		if clients.Unmarshal(d.ID, &u.ID) != nil {
			return User{}, ErrChannelData
		}
	} else if !isNumber(u.ID) {
		return User{}, ErrChannelData
	}
	if !ValidUserID(u.ID) || len(u.Info) > MaxUserInfo {
		return User{}, ErrChannelData
	}
	return u, nil
}

// ParseUserData decodes the user_data of a signin. The result is also the user of a later subscription to a presence channel
// without channel_data. If Info is too long, it is dropped. The error is ErrUserData.
func ParseUserData(text string) (User, error) {
	var d struct {
		ID   string          `json:"id"`
		Info json.RawMessage `json:"user_info"`
	}
	if !isObject([]byte(text)) || clients.UnmarshalFromString(text, &d) != nil || !ValidUserID(d.ID) {
		return User{}, ErrUserData
	}
	u := User{ID: d.ID, Info: infoOf(d.Info)}
	if len(u.Info) > MaxUserInfo {
		u.Info = ""
	}
	return u, nil
}

// infoOf returns an info as text, which is empty for null.
func infoOf(info json.RawMessage) string {
	text := strings.TrimSpace(string(info))
	if text == "null" {
		return ""
	}
	return text
}

// isNumber reports whether a JSON value is a number.
func isNumber(value string) bool {
	return value != "" && (value[0] == '-' || '0' <= value[0] && value[0] <= '9')
}
