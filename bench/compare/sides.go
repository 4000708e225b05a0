package compare

import "strings"

// Pair is a group of A and the group of B that it is compared with.
type Pair struct{ A, B *Group }

// Sides pairs the groups of a with those of b, in the order of a. A group is paired with, in this
// order:
//
//  1. the group of the same entry, server and options;
//  2. the group of the same entry and options, if each side has one server there: two servers are
//     compared;
//  3. the group of the same entry and server, if each side has only one left: the options differ;
//  4. the group of the same entry, if each side has one server there and one group left.
//
// A second measurement of a server is not paired, because it serves the noise floor. Neither is a group of older sets. The rest is in
// onlyA and onlyB.
func Sides(a, b *Side) (pairs []Pair, onlyA, onlyB []*Group) {
	p := pairing{a: withoutAgain(ofTheSet(a.Groups)), b: withoutAgain(ofTheSet(b.Groups)), with: map[*Group]*Group{}}
	p.match(func(x, y *Group) bool { return x.Server == y.Server && sameOptions(x, y) })
	p.match(func(x, y *Group) bool { return p.oneServer(x.Entry) && sameOptions(x, y) })
	p.match(func(x, y *Group) bool { return x.Server == y.Server })
	p.match(func(x, y *Group) bool { return p.oneServer(x.Entry) })
	for _, g := range p.a {
		if partner := p.with[g]; partner != nil {
			pairs = append(pairs, Pair{g, partner})
			continue
		}
		onlyA = append(onlyA, g)
	}
	for _, g := range p.b {
		if p.with[g] == nil {
			onlyB = append(onlyB, g)
		}
	}
	return pairs, onlyA, onlyB
}

// pairing is the state of Sides.
type pairing struct {
	a, b []*Group
	with map[*Group]*Group // partner of each paired group, of a and of b
}

// match pairs the groups that have no partner yet. It pairs a group of a with a group of b for which alike
// holds, if neither of them has a second candidate.
func (p *pairing) match(alike func(a, b *Group) bool) {
	found := map[*Group]*Group{}
	for _, g := range p.a {
		if partner := p.single(p.b, g, alike); partner != nil && p.single(p.a, partner, alike) == g {
			found[g] = partner
		}
	}
	for g, partner := range found {
		p.with[g], p.with[partner] = partner, g
	}
}

// single returns the only group of the list that has no partner yet and for which alike holds with one. It
// returns nil if there is none or more than one, or if one has a partner.
func (p *pairing) single(list []*Group, one *Group, alike func(a, b *Group) bool) (only *Group) {
	if p.with[one] != nil {
		return nil
	}
	for _, g := range list {
		if p.with[g] != nil || g.Entry != one.Entry || g.Scenario != one.Scenario || !alike(g, one) {
			continue
		}
		if only != nil {
			return nil
		}
		only = g
	}
	return only
}

// oneServer reports whether each side has exactly one server in an entry.
func (p *pairing) oneServer(entry string) bool {
	return len(serversIn(p.a, entry)) == 1 && len(serversIn(p.b, entry)) == 1
}

func serversIn(list []*Group, entry string) map[string]bool {
	servers := map[string]bool{}
	for _, g := range list {
		if g.Entry == entry {
			servers[g.Server] = true
		}
	}
	return servers
}

func sameOptions(a, b *Group) bool { return len(differences(a.Options, b.Options)) == 0 }

// ofTheSet returns the groups with runs of the newest set. A group without any has runs of older sets only.
func ofTheSet(list []*Group) (kept []*Group) {
	for _, g := range list {
		if len(g.Counted())+len(g.Unused) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}

func withoutAgain(list []*Group) (kept []*Group) {
	for _, g := range list {
		if first(list, g) == nil {
			kept = append(kept, g)
		}
	}
	return kept
}

// first returns the first measurement of the server of g, if g is a second measurement. Otherwise it
// returns nil.
func first(list []*Group, g *Group) *Group {
	name, is := strings.CutSuffix(g.Server, again)
	if !is {
		return nil
	}
	for _, one := range list {
		if one.Server == name && one.Entry == g.Entry {
			return one
		}
	}
	return nil
}

// second returns the second measurement of the server of g. It returns nil if there is none.
func (s *Side) second(g *Group) *Group {
	for _, one := range s.Groups {
		if one.Server == g.Server+again && one.Entry == g.Entry && sameOptions(one, g) {
			return one
		}
	}
	return nil
}
