package main

import (
	"plenum/cmd/plenum/internal/settings"
	"plenum/codec"
	"plenum/codec/deflate"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// asEvents is the view of those that read server-sent events.
type asEvents struct{}

// From is for rooms.View.
func (asEvents) From() int { return 0 }

// Render is for rooms.View.
func (asEvents) Render(dst, message []byte, epoch string) []byte {
	return codec.AppendMessageEvent(dst, message, epoch)
}

// deflated is the view of those that have negotiated permessage-deflate with a window.
type deflated struct {
	from   int
	window uint8
}

// From is for rooms.View.
func (d deflated) From() int { return d.from }

// Render is for rooms.View.
func (d deflated) Render(dst, message []byte, _ string) []byte {
	return deflate.AppendFrame(dst, frame.Text, message, d.window)
}

// viewFor is the form that a connection reads; nil: a room's own.
func (s *server) viewFor(c *engine.Conn) rooms.View {
	if w := c.Window(); w > 0 {
		return deflated{int(s.cfg.CompressionMin), w}
	}
	return nil
}

// deflateFrom is what the engine negotiates deflate for; 0: it does not.
func deflateFrom(cfg settings.Serve) int {
	if cfg.Compression != "on" {
		return 0
	}
	return int(cfg.CompressionMin)
}
