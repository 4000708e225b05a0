//go:build figures || soak

package servertest

import (
	"bytes"
	"encoding/json"

	"plenum/bench/sequence"
)

// roomHeard is what one member has heard of its room. It belongs to its loop.
type roomHeard struct {
	sequence.Sequence
	gaps, missed uint64 // gaps it was told of, and the messages in them
}

// message takes a message, a gap if the next message is due at its start, or the first frame of a member that gave a since.
func (l *roomHeard) message(payload []byte) {
	if bytes.HasPrefix(payload, []byte(`{"type":"joined"`)) {
		return
	}
	if !bytes.HasPrefix(payload, []byte(`{"type":"gap"`)) {
		l.Message(payload)
		return
	}
	var gap struct{ From, To uint64 }
	if json.Unmarshal(payload, &gap) != nil || gap.From != l.Last+1 || gap.To < gap.From {
		l.Unnumbered++
		return
	}
	l.Last = gap.To
	l.gaps++
	l.missed += gap.To - gap.From + 1
}

// whole tells whether every number from the first to the last was heard once, or told
// to be missing.
func (l *roomHeard) whole() bool {
	heard := uint64(0)
	if l.First > 0 {
		heard = l.Last - l.First + 1
	}
	return l.Received+l.missed == heard && l.Lost+l.Duplicated+l.OutOfOrder+l.Unnumbered == 0
}
