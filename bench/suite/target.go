package suite

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"plenum/bench/certificate"
	"plenum/bench/observe"
)

// Target is a server that the suite starts. In URL and Echo, {host} stands for the server's
// host:port. The other placeholders are those of load.Target. The fields with JSON keys are
// read from peers.json.
type Target struct {
	Name    string   `json:"name"`
	Version string   `json:"version"` // of the library; empty: a hash of the program is used
	Tools   []string `json:"tools"`   // programs that must be on PATH
	Run     []string `json:"run"`     // the command; in peers.json, {dir} stands for the folder of that file
	URL     string   `json:"url"`
	Echo    string   `json:"echo"` // empty: no echo route
	Hello   []string `json:"hello"`
	Publish string   `json:"publish"`
	Topics  *Topics  `json:"topics"` // nil: no route for connections in many rooms
	Speak   string   `json:"speak"`  // protocol that sets Hello and Publish; empty: they are passed on
	Secret  string   `json:"token_secret"`
	Slow    bool     `json:"slow_build"` // the build takes minutes
	Of      string   `json:"of"`         // the peer that this is a tuned configuration of; its other fields are read from there
	Options []string `json:"options"`    // of a tuned configuration, appended to Run
	Flags   []string `json:"-"`          // further flags of plenum-bench run
	Peer    bool     `json:"-"`          // from peers.json; it is checked before it is measured
	Variant bool     `json:"-"`          // plenum with TLS or with compression
	Commit  string   `json:"-"`          // that the program was built at; empty: unknown

	Nodes         int      `json:"-"` // number of nodes of the cluster; 0: a single server
	Broker        []string `json:"-"` // command of the NATS server of a cluster
	BrokerVersion string   `json:"-"` // output of that program's --version
}

// Topics is the route of a server for connections in many rooms. An empty field stands for the
// default of the scenario.
type Topics struct {
	URL     string   `json:"url"`
	Hello   []string `json:"hello"`
	Publish string   `json:"publish"`
}

// ServeCommand starts plenum. Announcements of joins and leaves are off, because no peer has them, and all
// servers must do the same work.
const ServeCommand = "plenum serve --listen=127.0.0.1:0 --admin= --announce-limit=-1"

// Flags that are added to ServeCommand for the variants with TLS and with compression.
// TLSFolder stands for the folder with the suite's certificate for 127.0.0.1.
const (
	TLSFolder        = "{tls}"
	TLSFlags         = "--tls-cert=" + TLSFolder + "/" + certificate.CertFile + " --tls-key=" + TLSFolder + "/" + certificate.KeyFile
	CompressionFlags = "--compression=on"
)

// Skipped is a target that is not measured, with the reason.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Targets returns plenum, its variants with TLS and compression, the peers of peers.json in folder, and
// plenum once more. server is the path of plenum. Differences between the first target and the last one
// are noise.
func Targets(server, folder string) ([]Target, error) {
	server, err := filepath.Abs(server)
	if err != nil {
		return nil, err
	}
	peers, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	plenum := Target{
		Name: "plenum", Run: append([]string{server}, strings.Fields(ServeCommand)[1:]...), Commit: commitOf(server),
		URL: "ws://{host}/ws/chat/{room}?username={user}", Echo: "ws://{host}/echo/raw",
		Topics: &Topics{URL: "ws://{host}/ws?username={user}"},
	}
	again := plenum
	again.Name = "plenum-again"
	all := append([]Target{plenum, plenum.withTLS(), plenum.withCompression()}, peers...)
	return append(all, again), nil
}

func (t Target) withTLS() Target {
	t.Name, t.Variant = "plenum-tls", true
	t.Run = slices.Concat(t.Run, strings.Fields(TLSFlags))
	t.URL, t.Echo = "wss"+strings.TrimPrefix(t.URL, "ws"), "wss"+strings.TrimPrefix(t.Echo, "ws")
	t.Flags = []string{"--tls-ca=" + TLSFolder + "/" + certificate.CertFile}
	return t
}

func (t Target) withCompression() Target {
	t.Name, t.Variant = "plenum-compressed", true
	t.Run = slices.Concat(t.Run, strings.Fields(CompressionFlags))
	t.Flags = []string{"--compression"}
	return t
}

// withCertificate returns t with TLSFolder replaced by folder.
func (t Target) withCertificate(folder string) Target {
	t.Run, t.Flags = replaceAll(t.Run, TLSFolder, folder), replaceAll(t.Flags, TLSFolder, folder)
	return t
}

func replaceAll(args []string, name, value string) (all []string) {
	for _, arg := range args {
		all = append(all, strings.ReplaceAll(arg, name, value))
	}
	return all
}

// readManifest reads peers.json in folder, and replaces {dir} in the commands by the folder.
func readManifest(folder string) ([]Target, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "peers.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var peers []Target
	if err := json.Unmarshal(text, &peers); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i, t := range peers {
		if t.Of != "" {
			if peers[i], err = t.tuned(peers[:i]); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			continue
		}
		peers[i].Peer = true
		peers[i].Run = replaceAll(peers[i].Run, "{dir}", folder)
	}
	return peers, nil
}

// tuned returns the configuration t with the fields of its peer, which is among before.
func (t Target) tuned(before []Target) (Target, error) {
	i := slices.IndexFunc(before, func(p Target) bool { return p.Name == t.Of && p.Of == "" })
	if i < 0 {
		return t, fmt.Errorf("%s: no peer %q stands before it", t.Name, t.Of)
	}
	p := before[i]
	p.Name, p.Of, p.Options = t.Name, t.Of, t.Options
	p.Run = slices.Concat(p.Run, p.Options)
	return p, nil
}

// ChooseTargets returns the targets with these names, in the order of all. Without names it
// returns all.
func ChooseTargets(all []Target, names []string) ([]Target, error) {
	return choose(all, names, func(t Target) string { return t.Name })
}

// Available returns the targets whose tools are on PATH, and the others with the name of the
// missing tool.
func Available(all []Target) (here []Target, skipped []Skipped) {
	for _, t := range all {
		if tool := t.missing(); tool != "" {
			skipped = append(skipped, Skipped{t.Name, "no " + tool + " on PATH"})
			continue
		}
		here = append(here, t)
	}
	return here, skipped
}

func (t Target) missing() string {
	for _, tool := range t.Tools {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

// build returns the version of the library, or 12 digits of a hash of the program.
func (t Target) build() (string, error) {
	if t.Version != "" {
		return t.Version, nil
	}
	program, err := os.ReadFile(t.Run[0])
	if err != nil {
		return "", fmt.Errorf("%s: %w", t.Name, err)
	}
	return fmt.Sprintf("%.6x", sha256.Sum256(program)), nil
}

// commitOf returns the commit in a program's build information, or "".
func commitOf(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	return observe.Commit(info)
}

// supports reports whether the entry is for the target, and the target has the routes for it.
func (t Target) supports(e Entry) bool {
	switch {
	case t.Variant && !e.Variants, t.Peer && e.PlenumOnly, e.Nodes != nil && !slices.Contains(e.Nodes, t.Nodes):
		return false
	case e.Servers != nil && !slices.Contains(e.Servers, t.Name), e.Untuned && t.Of != "" && !slices.Contains(e.Tuned, t.Name):
		return false
	}
	return (!e.Echo || t.Echo != "") && (!e.Topics || t.Topics != nil)
}

// start starts the target. It returns the flags of plenum-bench run that direct e to it, and a function
// that stops it.
func (t Target) start(ctx context.Context, e Entry) (flags []string, stop func(), err error) {
	if t.Nodes > 0 {
		return t.startNodes(ctx)
	}
	server, err := start(ctx, t.Run, readyLine)
	if err != nil {
		return nil, nil, err
	}
	return t.flags(e, server.host(), server.cmd.Process.Pid), func() { server.stop(stopTime) }, nil
}

// protocol returns the flags for the protocol that the target speaks.
func (t Target) protocol() []string {
	flags := []string{"--speak=" + t.Speak}
	if t.Secret != "" {
		flags = append(flags, "--token-secret="+t.Secret)
	}
	return flags
}

// flags returns the flags of plenum-bench run that direct e to the target, which listens at
// host (host:port) as process pid.
func (t Target) flags(e Entry, host string, pid int) []string {
	flags := append([]string{"--name=" + t.Name, fmt.Sprintf("--pid=%d", pid)}, t.Flags...)
	if e.Echo {
		return append(flags, "--url="+strings.ReplaceAll(t.Echo, "{host}", host))
	}
	if e.Topics {
		t.URL, t.Hello, t.Publish = t.Topics.URL, t.Topics.Hello, t.Topics.Publish
	}
	flags = append(flags, "--url="+strings.ReplaceAll(t.URL, "{host}", host))
	if t.Speak != "" {
		return append(flags, t.protocol()...)
	}
	for _, text := range t.Hello {
		flags = append(flags, "--hello="+text)
	}
	if t.Publish != "" {
		flags = append(flags, "--publish="+t.Publish)
	}
	return flags
}
