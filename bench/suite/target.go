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

// Target is a server that the suite starts. {host} stands for its address, the
// other templates are those of load.Target.
type Target struct {
	Name    string   `json:"name"`
	Version string   `json:"version"` // of the library; empty: the program's hash stands for it
	Tools   []string `json:"tools"`   // programs that must be on PATH
	Run     []string `json:"run"`
	URL     string   `json:"url"`
	Echo    string   `json:"echo"` // empty: it has none
	Hello   []string `json:"hello"`
	Publish string   `json:"publish"`
	Flags   []string `json:"-"` // of plenum-bench run, beside those that the templates make
	Peer    bool     `json:"-"` // it is of the manifest, and checked before it is measured
	Wire    bool     `json:"-"` // it is the server, encrypted or compressed
	Commit  string   `json:"-"` // that its program was built at; empty: it does not say

	Nodes         int      `json:"-"` // so many of it, and Broker between them; 0: it is alone
	Broker        []string `json:"-"` // how the broker is started
	BrokerVersion string   `json:"-"` // what it says of itself
}

// ServeCommand is how plenum is started. No peer announces who joins and leaves; all
// do the same work.
const ServeCommand = "plenum serve --listen=127.0.0.1:0 --admin= --announce-limit=-1"

// The server encrypted, and compressed: what is added to ServeCommand. TLSFolder stands
// for the one with a certificate for 127.0.0.1 that is made for a suite.
const (
	TLSFolder        = "{tls}"
	TLSFlags         = "--tls-cert=" + TLSFolder + "/" + certificate.CertFile + " --tls-key=" + TLSFolder + "/" + certificate.KeyFile
	CompressionFlags = "--compression=on"
)

// Skipped is a target that cannot be measured here.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Targets returns the server at that path, the same encrypted and compressed, the peers
// of the manifest in folder, and the server once more: what differs between that and
// the first is noise.
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
	}
	again := plenum
	again.Name = "plenum-again"
	all := append([]Target{plenum, plenum.encrypted(), plenum.compressed()}, peers...)
	return append(all, again), nil
}

func (t Target) encrypted() Target {
	t.Name, t.Wire = "plenum-tls", true
	t.Run = slices.Concat(t.Run, strings.Fields(TLSFlags))
	t.URL, t.Echo = "wss"+strings.TrimPrefix(t.URL, "ws"), "wss"+strings.TrimPrefix(t.Echo, "ws")
	t.Flags = []string{"--tls-ca=" + TLSFolder + "/" + certificate.CertFile}
	return t
}

func (t Target) compressed() Target {
	t.Name, t.Wire = "plenum-compressed", true
	t.Run = slices.Concat(t.Run, strings.Fields(CompressionFlags))
	t.Flags = []string{"--compression"}
	return t
}

// certified returns t with its certificate in folder.
func (t Target) certified(folder string) Target {
	t.Run, t.Flags = filled(t.Run, TLSFolder, folder), filled(t.Flags, TLSFolder, folder)
	return t
}

func filled(args []string, name, value string) (all []string) {
	for _, arg := range args {
		all = append(all, strings.ReplaceAll(arg, name, value))
	}
	return all
}

// readManifest reads peers.json. {dir} in a peer's command is the folder.
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
	for i := range peers {
		peers[i].Peer = true
		peers[i].Run = filled(peers[i].Run, "{dir}", folder)
	}
	return peers, nil
}

// ChooseTargets returns those of all with these names, in the order of all; with no
// names, all.
func ChooseTargets(all []Target, names []string) ([]Target, error) {
	return choose(all, names, func(t Target) string { return t.Name })
}

// Available parts the targets that can be measured here from the rest.
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

// build says which version of the target a result is of: 12 digits of a hash, where
// there is no other.
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

// commitOf returns the one that a program says it was built at.
func commitOf(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	return observe.Commit(info)
}

// takes tells whether the target can do what the entry asks, and is asked for it.
func (t Target) takes(e Entry) bool {
	switch {
	case t.Wire && !e.Wires, t.Peer && e.Own, e.Nodes != nil && !slices.Contains(e.Nodes, t.Nodes):
		return false
	}
	return !e.Echo || t.Echo != ""
}

// start starts the target and returns the flags of plenum-bench run that make e go to it,
// and what stops it.
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

// flags are those of plenum-bench run that make e go to the target, which listens
// at host as process pid.
func (t Target) flags(e Entry, host string, pid int) []string {
	flags := append([]string{"--name=" + t.Name, fmt.Sprintf("--pid=%d", pid)}, t.Flags...)
	if e.Echo {
		return append(flags, "--url="+strings.ReplaceAll(t.Echo, "{host}", host))
	}
	flags = append(flags, "--url="+strings.ReplaceAll(t.URL, "{host}", host))
	for _, text := range t.Hello {
		flags = append(flags, "--hello="+text)
	}
	if t.Publish != "" {
		flags = append(flags, "--publish="+t.Publish)
	}
	return flags
}
