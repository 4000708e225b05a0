package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"plenum/bench/wsclient"
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

// channel is the channel that stands for a room: a private one, because clients may publish only in those.
func channel(room string) string { return "private-" + room }

// SpeakPusher returns the target for the Pusher Channels protocol. Of the URL only the scheme and the address remain. The
// members publish client events, of which the sender receives no copy.
func (t Target) SpeakPusher(app App) Target {
	if u, err := url.Parse(expand(t.URL, "room", "user")); err == nil { // Check reports the error
		u.Path, u.RawQuery = "/app/"+app.Key, "protocol=7&client=plenum-bench&version=1"
		t.URL = u.String()
	}
	t.App, t.NoSelf = &app, true
	t.Publish = `{"event":"client-message","channel":"` + channel("{room}") + `","data":"{text}"}`
	return t
}

// subscribe answers a message of the server, if it is the first one of the connection: it has the socket id, which
// every subscription has to sign. Other messages are ignored. rooms returns the rooms to subscribe to.
func (a *App) subscribe(c *wsclient.Client, payload []byte, rooms func() []string) {
	socket, ok := SocketID(payload)
	if !ok {
		return
	}
	for _, room := range rooms() {
		_ = c.Send(a.Subscription(socket, channel(room), "")) // if the connection is closed, OnClose has counted it
	}
}

// Subscribed reports whether a message of the server answers a subscription of the Pusher Channels protocol.
func (t *Target) Subscribed(payload []byte) bool {
	return t.App != nil && bytes.HasPrefix(payload, subscribed)
}

var subscribed = []byte(`{"event":"pusher_internal:subscription_succeeded",`)

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

const established = `{"event":"pusher:connection_established",`

// SocketID returns the socket id in the first message of a server. ok is false if payload is another message.
func SocketID(payload []byte) (id string, ok bool) {
	if len(payload) < len(established) || string(payload[:len(established)]) != established {
		return "", false
	}
	var event struct{ Data string }
	var data struct {
		SocketID string `json:"socket_id"`
	}
	ok = json.Unmarshal(payload, &event) == nil && json.Unmarshal([]byte(event.Data), &data) == nil
	return data.SocketID, ok && data.SocketID != ""
}
