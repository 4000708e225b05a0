// Package manifest reads peers.json, which describes how each peer is built and run, and how
// clients communicate with it.
package manifest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"plenum/bench/peers/internal/room"
)

// Peer is one entry. README.md describes the placeholders of its templates.
type Peer struct {
	Name     string   `json:"name"`
	Language string   `json:"language"`
	Library  string   `json:"library"`
	Version  string   `json:"version"`
	Tools    []string `json:"tools"`
	Build    []string `json:"build"`
	Run      []string `json:"run"`
	URL      string   `json:"url"`
	Echo     string   `json:"echo"` // empty: no echo route
	Hello    []string `json:"hello"`
	Publish  string   `json:"publish"`
	Topics   *Topics  `json:"topics"` // nil: no such route
	Receive  string   `json:"receive"`
	Batched  bool     `json:"batched"` // a frame may hold several messages, one per line
	Note     string   `json:"note"`
	Slow     bool     `json:"slow_build"` // the build takes minutes, also if its tools are quick

	// A peer with a protocol of its own has these fields.
	Speak  string   `json:"speak"`        // the --speak of plenum-bench
	Secret string   `json:"token_secret"` // HMAC key of the tokens; empty: no tokens
	Await  []string `json:"await"`        // by frame of Hello: how the message of the peer begins that comes before it
	Ping   string   `json:"ping"`         // a message of the peer that is answered with Pong
	Pong   string   `json:"pong"`

	// A tuned configuration of a peer has these fields, a name and a note. Read takes all other
	// fields from the peer.
	Of      string   `json:"of"`      // name of the peer
	Options []string `json:"options"` // they are appended to Run
	Reason  string   `json:"reason"`  // why it is measured too
}

// Topics is the route of connections that may be in many rooms.
type Topics struct {
	URL     string   `json:"url"`
	Hello   []string `json:"hello"`
	Publish string   `json:"publish"`
}

// ByTopics returns p with its route for many rooms in place of its chat route.
func (p Peer) ByTopics() Peer {
	p.URL, p.Hello, p.Publish = p.Topics.URL, p.Topics.Hello, p.Topics.Publish
	return p
}

// Read returns the peers of dir/peers.json.
func Read(dir string) ([]Peer, error) {
	data, err := os.ReadFile(filepath.Join(dir, "peers.json"))
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var peers []Peer
	if err := dec.Decode(&peers); err != nil {
		return nil, fmt.Errorf("peers.json: %w", err)
	}
	for i, p := range peers {
		if p.Of == "" {
			continue
		}
		if peers[i], err = p.tuned(peers[:i]); err != nil {
			return nil, fmt.Errorf("peers.json: %w", err)
		}
	}
	return peers, nil
}

// tuned returns the configuration p with the fields of its peer, which is among before.
func (p Peer) tuned(before []Peer) (Peer, error) {
	i := slices.IndexFunc(before, func(q Peer) bool { return q.Name == p.Of && q.Of == "" })
	if i < 0 {
		return p, fmt.Errorf("%s: no peer %q stands before it", p.Name, p.Of)
	}
	t := before[i]
	t.Name, t.Of, t.Options, t.Note, t.Reason = p.Name, p.Of, p.Options, p.Note, p.Reason
	t.Run = slices.Concat(t.Run, t.Options)
	return t, nil
}

// Program returns the name of the peer's program, which its tuned configurations share.
func (p Peer) Program() string { return cmp.Or(p.Of, p.Name) }

// MissingTool returns the first of the peer's tools that is not on PATH, or "".
func (p Peer) MissingTool() string {
	for _, tool := range p.Tools {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

// Argv returns a command with {dir} replaced.
func Argv(command []string, dir string) []string {
	argv := make([]string, len(command))
	for i, arg := range command {
		argv[i] = strings.ReplaceAll(arg, "{dir}", dir)
	}
	return argv
}

// ChatURL returns the URL by which user joins room.
func (p Peer) ChatURL(host, roomName, user string) string {
	return strings.NewReplacer("{host}", host, "{room}", url.PathEscape(roomName), "{user}", url.QueryEscape(user)).Replace(p.URL)
}

// EchoURL returns the URL of the echo route.
func (p Peer) EchoURL(host string) string { return strings.ReplaceAll(p.Echo, "{host}", host) }

// Greeting returns the text frames to send when the connection is open.
func (p Peer) Greeting(roomName, user string) []string {
	frames := make([]string, len(p.Hello))
	for i, hello := range p.Hello {
		frames[i] = strings.NewReplacer("{room}", inner(roomName), "{user}", inner(user), "{token}", token(p.Secret, user)).Replace(hello)
	}
	return frames
}

// Publication returns the text frame that publishes text. In a template in which the text is quoted,
// the names are escaped.
func (p Peer) Publication(roomName, text string) string {
	if !strings.Contains(p.Publish, `"{text}"`) {
		return strings.NewReplacer("{room}", roomName, "{text}", text).Replace(p.Publish)
	}
	return strings.NewReplacer("{room}", inner(roomName), "{text}", inner(text)).Replace(p.Publish)
}

// Envelopes returns the messages of the room in a received frame. It leaves out other lines, such
// as replies to commands.
func (p Peer) Envelopes(roomName string, frame []byte) [][]byte {
	if !p.Wraps() {
		return p.envelopesOf(roomName, frame)
	}
	before, after, _ := strings.Cut(strings.ReplaceAll(p.Receive, "{room}", inner(roomName)), "{envelope}")
	lines := [][]byte{frame}
	if p.Batched {
		lines = bytes.Split(frame, []byte("\n"))
	}
	var found [][]byte
	for _, line := range lines {
		line, isPrefix := bytes.CutPrefix(line, []byte(before))
		line, isSuffix := bytes.CutSuffix(line, []byte(after))
		if isPrefix && isSuffix {
			found = append(found, line)
		}
	}
	return found
}

// inner returns s escaped for use inside the quotes of a JSON string.
func inner(s string) string {
	quoted := room.Quote(s)
	return string(quoted[1 : len(quoted)-1])
}
