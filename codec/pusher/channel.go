package pusher

import (
	"errors"
	"strings"
)

// MaxName is the maximum length of a channel's name and of an event's name, in bytes. Pusher documents 164 for channels,
// but its libraries allow 200.
const MaxName = 200

// Channel has the properties of a channel that follow from its name.
type Channel struct {
	Kind  Kind
	Cache bool // its latest event from a server is kept for new subscribers
}

// Kind is a kind of channels.
type Kind uint8

// The kinds of channels.
const (
	Public       Kind = iota // everybody may subscribe
	Private                  // a signature is needed
	Encrypted                // like Private; the server cannot read the events
	Presence                 // a signature is needed; the subscribers see each other
	ServerToUser             // the connections of one signed-in user
)

// NeedsAuth reports whether a client needs a signature to subscribe.
func (c Channel) NeedsAuth() bool { return c.Kind != Public && c.Kind != ServerToUser }

// TakesClientEvents reports whether subscribers may send client events.
func (c Channel) TakesClientEvents() bool { return c.Kind == Private || c.Kind == Presence }

// ErrChannel says that a channel's name is not allowed.
var ErrChannel = errors.New("pusher: a channel's name must have 1 to 200 letters, digits or characters of _-=@,.;")

// serverToUser begins the name of a channel to one user.
const serverToUser = "#server-to-user-"

// kinds are the prefixes of channels' names. If several match a name, the first one counts.
var kinds = [...]struct {
	prefix string
	Channel
}{
	{"private-encrypted-cache-", Channel{Encrypted, true}},
	{"private-encrypted-", Channel{Encrypted, false}},
	{"private-cache-", Channel{Private, true}},
	{"private-", Channel{Private, false}},
	{"presence-cache-", Channel{Presence, true}},
	{"presence-", Channel{Presence, false}},
	{"cache-", Channel{Public, true}},
}

// ParseChannel returns the properties of the channel with this name. The error is ErrChannel if the name is not allowed.
func ParseChannel(name string) (Channel, error) {
	if id, ok := UserOf(name); ok {
		if !ValidUserID(id) {
			return Channel{}, ErrChannel
		}
		return Channel{Kind: ServerToUser}, nil
	}
	if name == "" || len(name) > MaxName || !allowed(name) {
		return Channel{}, ErrChannel
	}
	for _, k := range kinds {
		if strings.HasPrefix(name, k.prefix) {
			return k.Channel, nil
		}
	}
	return Channel{}, nil
}

// allowed reports whether all bytes of name may be in a channel's name.
func allowed(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("_-=@,.;", c) < 0:
			return false
		}
	}
	return true
}

// MaxUserID is the maximum length of a user's id, in bytes. Pusher has the same bound.
const MaxUserID = 128

// ValidUserID reports whether id is not empty, not too long, and free of control characters.
func ValidUserID(id string) bool {
	return id != "" && len(id) <= MaxUserID && strings.IndexFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// ChannelOfUser returns the name of the channel to a user.
func ChannelOfUser(id string) string { return serverToUser + id }

// UserOf returns the user's id if channel is a channel to one user. ok is false for any other channel.
func UserOf(channel string) (id string, ok bool) { return strings.CutPrefix(channel, serverToUser) }
