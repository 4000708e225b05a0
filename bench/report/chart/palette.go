package chart

import "strings"

// Plenum is the server that plots emphasise.
const Plenum = "plenum"

// tuned ends the name of a second configuration of a server. It has the server's colour and a
// hollow mark.
const tuned = "-tuned"

// style is how a server is drawn.
type style struct {
	light, dark string // colours on a light and on a dark page
	mark        mark
}

// styles has every server. Light colours have a contrast of 3 or more with white, dark ones with
// the dark background.
var styles = map[string]style{
	Plenum:       {"#d1242f", "#ff7b72", circle},
	"raw":        {"#6e7781", "#8b949e", cross},
	"bun":        {"#0072b2", "#58a6ff", square},
	"uws":        {"#1f2328", "#f0f6fc", diamond},
	"nbio":       {"#00805c", "#2fc79a", triangle},
	"gws":        {"#b3478f", "#f0a0d0", wedge},
	"gorilla":    {"#b36b00", "#e3a33b", square},
	"coder":      {"#3a8bbd", "#9bd7ff", diamond},
	"centrifuge": {"#6a3d9a", "#b794f4", circle},
	"centrifugo": {"#86671a", "#d9c25c", triangle},
	"ktor":       {"#8c564b", "#d3a598", wedge},
	"socketio":   {"#0b7a8c", "#4fc3d9", circle},
	"ws":         {"#5b7f00", "#a6d13a", square},
	"axum":       {"#c2410c", "#fb923c", triangle},
	"vertx":      {"#4b5bd6", "#98a2ff", wedge},
	"netty":      {"#4b5bd6", "#98a2ff", wedge},
	"websockets": {"#2f8f3a", "#7ee787", diamond},
}

// other is the style of a server that styles does not have.
var other = style{"#57606a", "#afb8c1", circle}

// styleOf returns the style of a server. hollow is true for a tuned configuration.
func styleOf(server string) (s style, hollow bool) {
	base, hollow := strings.CutSuffix(server, tuned)
	s, known := styles[base]
	if !known {
		s = other
	}
	return s, hollow
}
