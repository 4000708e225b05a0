package main

import (
	"net/http"

	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/channels"
	"plenum/cmd/plenum/internal/routes"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec/pusher"
	"plenum/rooms"
)

// newChannelHub creates the hub of the channels of all apps. It does nothing if there is no app, and no --config file in which
// a reload can find one. The name of a channel's room begins with the app's id. So one hub serves all apps, and apps can come
// and go.
func (s *server) newChannelHub(chunks rooms.Chunks, history rooms.History) {
	if len(s.cfg.Apps) == 0 && s.cfg.Config == "" {
		return
	}
	s.sessions = channels.NewSessions()
	config := rooms.Config{
		Chunks: chunks, MaxRooms: s.cfg.MaxRooms, History: history,
		AnnounceLimit: s.cfg.PresenceList, Announcer: countHooks{channels.Announcer{Apps: s.apps}, s.webhooks},
		Frame: pusher.AppendFrame, Overhead: pusher.FrameOverhead, Gap: pusher.AppendGap, Excluded: s.sessions.Excluded, Keeps: channels.Keeps,
		Observer: webhook.Channels{Sender: s.webhooks},
	}
	s.channelHub, s.channelDirectory = s.newSharedHub(config, "channels")
}

// newChannels returns the part that serves the clients of the Pusher Channels protocol; nil without a hub for it.
func (s *server) newChannels() *channels.Channels {
	if s.channelHub == nil {
		return nil
	}
	return channels.New(channels.Config{
		Engine: s.engine, Apps: s.apps, Rooms: s.channelHub, Sessions: s.sessions, PresenceList: s.cfg.PresenceList,
		Cluster: s.cfg.Cluster != "", Webhooks: s.webhooks, Logger: s.log,
	})
}

// operatorsChannels returns the channels for the admin listener; nil without a hub for them.
func (s *server) operatorsChannels() *api.Channels {
	if s.channelHub == nil {
		return nil
	}
	return &api.Channels{Apps: s.apps, Directory: s.channelDirectory, Publisher: s.channelHub}
}

// hubs returns all hubs.
func (s *server) hubs() []*rooms.Hub {
	all := []*rooms.Hub{s.rooms, s.lobby}
	if s.channelHub != nil {
		all = append(all, s.channelHub)
	}
	return all
}

// nonBlocking returns the function that tells the engine which handshakes do not block.
func (s *server) nonBlocking() func(r *http.Request) bool {
	other := routes.NonBlocking(s.bus != nil)
	return func(r *http.Request) bool { return channels.Serves(r) || other(r) }
}

// allowOrigin reports whether a page of r's origin may connect. For an app, package channels decides that.
func (s *server) allowOrigin(r *http.Request) bool {
	return channels.Serves(r) || s.guard.AllowOrigin(r)
}
