package main

import (
	"cmp"
	"strings"

	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/settings"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/rooms"
)

// roomObserver returns the Observer of the native rooms; nil if there is no webhook and no file that can add one.
func (s *server) roomObserver() rooms.Observer {
	if s.cfg.WebhookURL == "" && s.cfg.Config == "" {
		return nil
	}
	return webhook.Rooms{Sender: s.webhooks}
}

// hooks returns the webhooks of the native rooms and of all apps.
func hooks(cfg settings.Serve, configs []apps.Config) (all []webhook.Hook, err error) {
	native, err := cfg.Webhook()
	if err != nil {
		return nil, err
	}
	if native != nil {
		all = append(all, *native)
	}
	for _, app := range configs {
		for _, h := range app.Webhooks {
			events := h.Events
			if len(events) == 0 {
				events = webhook.ChannelEvents
			}
			all = append(all, webhook.Hook{App: app.ID, URL: h.URL, Key: app.Key, Secret: cmp.Or(h.Secret, app.Secret), Events: events})
		}
	}
	return all, nil
}

// countHooks is the Announcer of the channels. When it announces a count of subscribers, it also sends the count to the
// webhooks. In a cluster, only one node announces a count.
type countHooks struct {
	rooms.Announcer
	webhooks *webhook.Sender
}

// AppendAnnouncement implements rooms.Announcer.
func (c countHooks) AppendAnnouncement(dst []byte, a rooms.Announcement) []byte {
	if a.Kind == rooms.Digest {
		app, channel, _ := strings.Cut(a.Room, "/")
		c.webhooks.Send(app, webhook.Event{At: a.Now, Name: webhook.SubscriptionCount, Channel: channel, Count: &a.Members})
	}
	return c.Announcer.AppendAnnouncement(dst, a)
}
