package engine

import (
	"slices"
	"sync"

	"plenum/codec/extension"
)

// negotiate agrees with the client on the extensions that both know. It appends the answer's line to head and
// returns the Encoding; nil: they agree on none. lines are those of Sec-WebSocket-Extensions.
func (e *Engine) negotiate(head []byte, lines []string) ([]byte, *Encoding) {
	if len(e.cfg.Extensions) == 0 {
		return head, nil
	}
	steps, answer := acceptOffers(e.cfg.Extensions, lines)
	if len(steps) == 0 {
		return head, nil
	}
	encoding := e.encodings.of(steps)
	if encoding == nil {
		e.encodings.warn.Do(func() {
			e.cfg.Logger.Error("extension offers declined, clients agreed on too many different parameters: their connections work without extensions", "limit", maxEncodings)
		})
		return head, nil
	}
	head = append(head, "Sec-WebSocket-Extensions: "...)
	for i, a := range answer {
		if i > 0 {
			head = append(head, ", "...)
		}
		head = a.Append(head)
	}
	return append(head, "\r\n"...), encoding
}

// acceptOffers goes through the offers in the client's order. A malformed line offers nothing.
func acceptOffers(all []Extension, lines []string) (steps []step, answer []extension.Element) {
	var claimed byte
	for _, line := range lines {
		offers, _ := extension.Parse(line)
		for _, offer := range offers {
			x := findExtension(all, offer.Name)
			if x == nil || claimed&x.RSV != 0 || slices.ContainsFunc(answer, func(a extension.Element) bool { return a.Name == x.Name }) {
				continue
			}
			t, params, ok := x.Accept(offer.Params)
			if !ok {
				continue
			}
			claimed |= x.RSV
			steps = append(steps, step{t, t.From(), x.RSV})
			answer = append(answer, extension.Element{Name: x.Name, Params: params})
		}
	}
	return steps, answer
}

// maxEncodings bounds the different Encodings of an Engine, since clients choose their terms. Deflate has 8
// Transforms, one per window.
const maxEncodings = 64

// encodings are the Encodings that connections of an Engine have agreed on. They stay, so that there is one of each.
type encodings struct {
	warn sync.Once // the first time that one is declined

	mu  sync.Mutex
	all []*Encoding
}

// of returns the Encoding with these steps; nil: there are maxEncodings others.
func (s *encodings) of(steps []step) *Encoding {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.all {
		if slices.Equal(e.steps, steps) {
			return e
		}
	}
	if len(s.all) == maxEncodings {
		return nil
	}
	e := newEncoding(steps)
	s.all = append(s.all, e)
	return e
}
