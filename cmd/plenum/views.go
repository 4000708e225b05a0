package main

import (
	"plenum/cmd/plenum/internal/settings"
	"plenum/codec"
	"plenum/codec/deflate"
	"plenum/codec/frame"
	"plenum/engine"
	"plenum/rooms"
)

// The forms in which a room is read besides its own, by their number: as events, and
// deflated for each window that a client may ask for, in bits.
const (
	asEvents      = 1
	leastWindow   = 8
	mostWindow    = 15
	beforeWindows = asEvents + 1 - leastWindow // the number of window w is this more
)

// views are those forms. What is shorter than the settings say is not deflated.
func views(cfg settings.Serve) []rooms.View {
	all := []rooms.View{{Render: codec.AppendMessageEvent}}
	for window := uint8(leastWindow); window <= mostWindow; window++ {
		all = append(all, rooms.View{From: int(cfg.CompressionMin), Render: func(dst, message []byte, _ string) []byte {
			return deflate.AppendFrame(dst, frame.Text, message, window)
		}})
	}
	return all
}

// viewFor is the number of the form that a connection reads; 0: a room's own.
func viewFor(c *engine.Conn) int {
	if w := c.Window(); w > 0 {
		return beforeWindows + int(w)
	}
	return 0
}

// deflateFrom is what the engine negotiates deflate for; 0: it does not.
func deflateFrom(cfg settings.Serve) int {
	if cfg.Compression != "on" {
		return 0
	}
	return int(cfg.CompressionMin)
}
