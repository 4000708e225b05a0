package fakeserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"plenum/codec/pusher"
)

// The app of ServeChannels.
const (
	AppKey    = "key"
	AppSecret = "secret"
)

// channelsPath is the path of connections that speak the Pusher Channels protocol.
const channelsPath = "/app/" + AppKey

// event is an event of a client.
type event struct {
	Event, Channel string
	Data           json.RawMessage
}

// OnList sets the function that returns the list of users that a new user of a presence channel receives. all are the users
// in the order of their joins, the new one last. nil means no answer. By default all are listed.
func (h *Hub) OnList(list func(all []pusher.User) []pusher.User) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = list
}

// serveChannels speaks the Pusher Channels protocol with a connection until it ends. It takes only subscriptions with
// the right signature, and events in channels. number makes the socket id.
func (h *Hub) serveChannels(r *http.Request, conn *websocket.Conn, number int64) {
	socket := fmt.Sprintf("1.%d", number)
	_ = conn.Write(r.Context(), websocket.MessageText, pusher.EncodeEstablished(socket, 120)) // Read returns the error
	for {
		_, payload, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var e event
		if json.Unmarshal(payload, &e) != nil {
			return
		}
		h.event(r.Context(), conn, socket, e, payload)
	}
}

func (h *Hub) event(ctx context.Context, conn *websocket.Conn, socket string, e event, payload []byte) {
	if strings.HasPrefix(e.Event, "client-") {
		h.publish(ctx, e.Channel, payload, conn)
		return
	}
	var to pusher.Subscription
	if json.Unmarshal(e.Data, &to) != nil || !pusher.Authorized(AppKey, AppSecret, to.Auth, pusher.SubscribeText(socket, to.Channel, to.ChannelData)) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rooms[to.Channel] = append(h.rooms[to.Channel], conn)
	if me, err := pusher.ParseChannelData(to.ChannelData); err == nil {
		h.enter(ctx, conn, to.Channel, me)
		return
	}
	_ = conn.Write(ctx, websocket.MessageText, pusher.EncodeSubscribed(to.Channel, []byte("{}"), nil)) // Read returns the error
}

// enter answers a new user of a presence channel. Nobody else is told. mu is held.
func (h *Hub) enter(ctx context.Context, conn *websocket.Conn, channel string, me pusher.User) {
	h.users[channel] = append(h.users[channel], me)
	listed := h.list(h.users[channel])
	if len(listed) == 0 {
		return
	}
	answer := pusher.NewMemberList(listed, len(h.users[channel])).AppendSubscribed(nil, channel, listed[0], pusher.Position{})
	_ = conn.Write(ctx, websocket.MessageText, answer) // Read returns the error
}
