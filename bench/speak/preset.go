package speak

import (
	"cmp"
	"strings"
)

// preset has the defaults of a protocol, for options that the user has not set.
type preset struct {
	url     string // of the server, without a path; empty: the user must set it
	path    string // added to a URL that has no path
	query   string // added to a URL that has no query
	publish string // template of a message; empty: the text alone
}

var presets = map[string]preset{
	Pusher:     {url: "ws://127.0.0.1:8080", publish: `{"event":"client-message","channel":"` + channelPrefix + `{room}","data":"{text}"}`},
	Centrifugo: {url: "ws://127.0.0.1:8000", path: "/connection/websocket", publish: centrifugoPublish},
	SocketIO:   {url: "ws://127.0.0.1:3000", path: "/socket.io/", query: "EIO=4&transport=websocket", publish: socketIOPublish},
}

// Publish returns the template of a published message: set, or the protocol's own if set is empty.
func (d *Dialect) Publish(set string) string { return cmp.Or(set, presets[d.Name].publish) }

// Server returns the name of a server: set, or if that is empty the name of the protocol. Servers of
// the Pusher Channels protocol have many names; the default is plenum.
func (d *Dialect) Server(set string) string {
	if set == "" && (d.Announces() || d.Name == Pusher) {
		return Plenum
	}
	return cmp.Or(set, d.Name)
}

// URL returns the template of the connections' URLs. The protocol adds the parts that set lacks: a path, a
// query, or the whole URL if set is empty. Pusher uses only the scheme and the address of set.
func (d *Dialect) URL(set string) string {
	p := presets[d.Name]
	if d.App != nil {
		p.path, p.query = "/app/"+d.App.Key, "protocol=7&client=plenum-bench&version=1"
	}
	scheme, rest, ok := strings.Cut(cmp.Or(set, p.url), "://")
	if !ok || p.path == "" {
		return cmp.Or(set, p.url)
	}
	end := strings.IndexAny(rest+"/", "/?")
	address, path := rest[:end], rest[end:]
	path, query, _ := strings.Cut(path, "?")
	if d.Name == Pusher {
		path, query = "", ""
	}
	if path = strings.TrimPrefix(path, "/"); path == "" {
		path = p.path[1:]
	}
	if query = cmp.Or(query, p.query); query != "" {
		query = "?" + query
	}
	return scheme + "://" + address + "/" + path + query
}
