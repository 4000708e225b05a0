// Command centrifuge is the peer with github.com/centrifugal/centrifuge: one node with the
// memory broker. Clients use its JSON protocol: they connect, subscribe to the room's channel,
// and publish.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"plenum/bench/peers/internal/peer"
	"plenum/bench/peers/internal/room"
)

// delay is how long messages for a client are collected before they are written.
var delay = flag.Duration("write-delay", 0, "time for which messages to a client are collected; 0: none")

func main() { peer.Main("centrifuge", run) }

func run(ctx context.Context, o peer.Options) error {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return err
	}
	if *delay > 0 {
		node.OnConnecting(collect)
	}
	rooms := &room.Rooms[struct{}]{}
	node.OnConnect(func(c *centrifuge.Client) { serve(node, rooms, c) })
	if err := node.Run(); err != nil {
		return err
	}
	ping := centrifuge.PingPongConfig{PingInterval: o.PingPeriod, PongTimeout: o.PingPeriod * 2 / 3}
	if o.PingPeriod <= 0 {
		ping = centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /connection/websocket", named(centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		ReadBufferSize:     1024,
		UseWriteBufferPool: true,
		MessageSizeLimit:   peer.MaxMessage,
		PingPongConfig:     ping,
	})))
	return o.ServeHTTP(ctx, mux)
}

// collect lets a connection collect messages. A frame then has all of them; the default bound of 16
// would bound the rate.
func collect(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{WriteDelay: *delay, MaxMessagesInFrame: -1}, nil
}

// named sets the user of a connection from the query, as the library's tutorial sets
// credentials.
func named(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, user := room.Names(r)
		ctx := centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{UserID: user})
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func serve(node *centrifuge.Node, rooms *room.Rooms[struct{}], c *centrifuge.Client) {
	c.OnSubscribe(func(_ centrifuge.SubscribeEvent, cb centrifuge.SubscribeCallback) {
		cb(centrifuge.SubscribeReply{}, nil)
	})
	c.OnPublish(func(e centrifuge.PublishEvent, cb centrifuge.PublishCallback) {
		var text string
		if !c.IsSubscribed(e.Channel) || json.Unmarshal(e.Data, &text) != nil {
			cb(centrifuge.PublishReply{}, centrifuge.ErrorBadRequest)
			return
		}
		var err error
		rooms.Get(e.Channel).Publish(c.UserID(), text, time.Now(), func(envelope []byte, _ []struct{}) {
			_, err = node.Publish(e.Channel, envelope)
		})
		cb(centrifuge.PublishReply{Result: &centrifuge.PublishResult{}}, err)
	})
	c.OnDisconnect(func(e centrifuge.DisconnectEvent) {
		if e.Code == centrifuge.DisconnectSlow.Code {
			peer.Slow.Add(1)
		}
	})
}
