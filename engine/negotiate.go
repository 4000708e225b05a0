package engine

import (
	"slices"
	"sync"

	"plenum/codec/extension"
)

// negotiate negotiates extensions with the client. lines are the values of the client's Sec-WebSocket-Extensions
// headers. negotiate appends the header of the response to head and returns the Encoding, or nil if no extension is
// used.
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

// acceptOffers decides on the offers in the client's order. A malformed line contains no offer.
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

// maxEncodings bounds the different Encodings of an Engine, because clients choose the parameters and the order.
// Deflate has 8 Transforms, one per window size.
const maxEncodings = 64

// encodings holds the Encodings that connections of an Engine have negotiated. None is removed, so connections that
// negotiate the same steps share one *Encoding.
type encodings struct {
	warn sync.Once // logs the first time that an Encoding is declined

	mu  sync.Mutex
	all []*Encoding
}

// of returns the Encoding with the given steps, or nil if there are maxEncodings others already.
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
