package results

import (
	"cmp"
	"slices"
	"strings"
)

// Names of the targets. raw, a plain write loop, is a lower bound and not a peer.
const (
	Plenum = "plenum"
	Again  = "plenum-again" // plenum, measured a second time
	Raw    = "raw"
	Bun    = "bun"
	Uws    = "uws" // uWebSockets
	Ktor   = "ktor"

	Encrypted  = "plenum-tls"
	Compressed = "plenum-compressed"
)

// Variants are plenum with TLS and with compression.
var Variants = []string{Encrypted, Compressed}

// hidden reports whether a target has a part of its own, and no row among the servers.
func hidden(target string) bool {
	return target == Again || target == Channels || slices.Contains(Variants, target) || slices.Contains(clusterNames(), target)
}

// ofPlenum reports whether a target is plenum in any of its forms.
func ofPlenum(target string) bool {
	return target == Plenum || strings.HasPrefix(target, Plenum+"-")
}

// Peer is one server of the manifest. Of is the peer that it is a tuned configuration of, Reason is
// why it has one.
type Peer struct {
	Name, Of, Library, Version, Note, Reason, Language string

	Echo   string    // URL of its echo route; empty: it has none
	Topics *struct{} // its route for connections in many rooms; nil: it has none
}

// inherit gives a tuned configuration the fields of its peer that it does not have.
func inherit(list []Peer) {
	for i := range list {
		tuned := &list[i]
		j := slices.IndexFunc(list, func(p Peer) bool { return p.Name == tuned.Of })
		if j < 0 {
			continue
		}
		base := list[j]
		tuned.Library, tuned.Version = cmp.Or(tuned.Library, base.Library), cmp.Or(tuned.Version, base.Version)
		tuned.Note, tuned.Language = cmp.Or(tuned.Note, base.Note), cmp.Or(tuned.Language, base.Language)
		tuned.Echo, tuned.Topics = cmp.Or(tuned.Echo, base.Echo), cmp.Or(tuned.Topics, base.Topics)
	}
}

// Servers returns the servers to compare: plenum, those of the manifest in its order, and those
// that only the results have.
func (d *Data) Servers() []string {
	names := []string{Plenum}
	for _, p := range d.Known {
		names = append(names, p.Name)
	}
	var more []string
	for k := range d.cells {
		if !hidden(k.Target) && !slices.Contains(names, k.Target) && !slices.Contains(more, k.Target) {
			more = append(more, k.Target)
		}
	}
	slices.Sort(more)
	return append(names, more...)
}

// Peers returns the servers that plenum is compared with.
func (d *Data) Peers() []string {
	return slices.DeleteFunc(d.Servers(), func(name string) bool { return name == Plenum || name == Raw })
}

// GoPeers returns the peers that are written in Go.
func (d *Data) GoPeers() (names []string) {
	for _, p := range d.Known {
		if p.Language == "Go" && p.Name != Raw {
			names = append(names, p.Name)
		}
	}
	return names
}

// Measured returns the servers with runs in an entry.
func (d *Data) Measured(entry string) []string { return d.Among(d.Servers(), entry) }

// Among returns the targets of all that have runs in an entry.
func (d *Data) Among(all []string, entry string) (names []string) {
	for _, name := range all {
		if d.At(entry, name).Count() > 0 {
			names = append(names, name)
		}
	}
	return names
}
