package report

import (
	"cmp"
	"slices"
	"strings"
)

// Names of the targets. raw, a plain write loop, is a lower bound and not a peer.
const (
	plenum = "plenum"
	again  = "plenum-again" // plenum, measured a second time
	raw    = "raw"
	bun    = "bun"
	uws    = "uws" // uWebSockets
	ktor   = "ktor"

	encrypted  = "plenum-tls"
	compressed = "plenum-compressed"
)

var variants = []string{encrypted, compressed}

// ofPlenum reports whether a target is plenum in any of its forms.
func ofPlenum(target string) bool {
	return target == plenum || strings.HasPrefix(target, plenum+"-")
}

// peer is one server of the manifest. Of is the peer that it is a tuned configuration of, Reason is
// why it has one.
type peer struct{ Name, Of, Library, Version, Note, Reason, Language string }

// inherit gives a tuned configuration the fields of its peer that it does not have.
func inherit(list []peer) {
	for i := range list {
		tuned := &list[i]
		j := slices.IndexFunc(list, func(p peer) bool { return p.Name == tuned.Of })
		if j < 0 {
			continue
		}
		base := list[j]
		tuned.Library, tuned.Version = cmp.Or(tuned.Library, base.Library), cmp.Or(tuned.Version, base.Version)
		tuned.Note, tuned.Language = cmp.Or(tuned.Note, base.Note), cmp.Or(tuned.Language, base.Language)
	}
}

// servers returns the servers to compare: plenum, those of the manifest in its order, and those
// that only the results have.
func (d *data) servers() []string {
	names := []string{plenum}
	for _, p := range d.known {
		names = append(names, p.Name)
	}
	var more []string
	for k := range d.cells {
		if !ofPlenum(k.target) && !slices.Contains(names, k.target) && !slices.Contains(more, k.target) {
			more = append(more, k.target)
		}
	}
	slices.Sort(more)
	return append(names, more...)
}

// peers returns the servers that plenum is compared with.
func (d *data) peers() []string {
	return slices.DeleteFunc(d.servers(), func(name string) bool { return name == plenum || name == raw })
}

// goPeers returns the peers that are written in Go.
func (d *data) goPeers() (names []string) {
	for _, p := range d.known {
		if p.Language == "Go" && p.Name != raw {
			names = append(names, p.Name)
		}
	}
	return names
}

// measured returns the servers with runs in an entry.
func (d *data) measured(entry string) []string { return d.among(d.servers(), entry) }

// among returns the targets of all that have runs in an entry.
func (d *data) among(all []string, entry string) (names []string) {
	for _, name := range all {
		if d.at(entry, name).count() > 0 {
			names = append(names, name)
		}
	}
	return names
}
