package speak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"plenum/codec/pusher"
)

// App is an app of a server that speaks the Pusher Channels protocol.
type App struct {
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// ParseApp parses KEY:SECRET.
func ParseApp(text string) (App, error) {
	key, secret, ok := strings.Cut(text, ":")
	if !ok || key == "" || secret == "" {
		return App{}, fmt.Errorf("--app: must be KEY:SECRET")
	}
	return App{key, secret}, nil
}

// channelPrefix, followed by a room's name, is the channel that stands for the room. It is a private channel, because clients
// may not publish in public ones.
const channelPrefix = "private-"

const (
	established = `{"event":"pusher:connection_established",`
	anyEvent    = `{"event":"`
)

var (
	subscribed  = []byte(`{"event":"pusher_internal:subscription_succeeded",`)
	pusherPing  = []byte(`{"event":"pusher:ping"`)
	pusherPong  = [][]byte{[]byte(`{"event":"pusher:pong","data":{}}`)}
	pusherError = []byte(`{"event":"pusher:error"`)
	notJoined   = []byte(`{"event":"pusher:subscription_error"`)
)

// receive handles an event of the server that has no text. It answers the first one, connection_established, with the
// subscriptions of the member.
func (a *App) receive(message []byte, member func() Member) (r Reply) {
	switch {
	case bytes.HasPrefix(message, subscribed):
		return Reply{Joins: 1}
	case bytes.HasPrefix(message, pusherPing):
		return Reply{Send: pusherPong, Ping: true}
	case bytes.HasPrefix(message, pusherError), bytes.HasPrefix(message, notJoined):
		return Reply{Fault: "the server sent the error " + quote(message)}
	case !bytes.HasPrefix(message, []byte(anyEvent)):
		return strange(message, established+"…}")
	}
	socket, ok := SocketID(message)
	if !ok {
		return Reply{}
	}
	for _, room := range member().Rooms {
		r.Send = append(r.Send, a.Subscription(socket, channelPrefix+room, ""))
	}
	return r
}

// Subscribed reports whether a message of the server confirms a subscription.
func Subscribed(message []byte) bool { return bytes.HasPrefix(message, subscribed) }

// Subscription returns the message that subscribes the connection with a socket id to a channel. channelData names the user
// in a presence channel, and is empty in another one.
func (a *App) Subscription(socket, channel, channelData string) []byte {
	auth := a.Key + ":" + pusher.Sign(a.Secret, pusher.SubscribeText(socket, channel, channelData))
	b := []byte(`{"event":"pusher:subscribe","data":{"channel":"` + channel + `","auth":"` + auth + `"`)
	if channelData != "" {
		quoted, _ := json.Marshal(channelData) // a string always has a JSON form
		b = append(append(b, `,"channel_data":`...), quoted...)
	}
	return append(b, "}}"...)
}

// SocketID returns the socket id in the first message of a server, connection_established. ok is false for any other message.
func SocketID(message []byte) (id string, ok bool) {
	if len(message) < len(established) || string(message[:len(established)]) != established {
		return "", false
	}
	var event struct{ Data string }
	var data struct {
		SocketID string `json:"socket_id"`
	}
	ok = json.Unmarshal(message, &event) == nil && json.Unmarshal([]byte(event.Data), &data) == nil
	return data.SocketID, ok && data.SocketID != ""
}
