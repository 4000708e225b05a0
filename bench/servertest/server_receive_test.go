//go:build figures || soak

package servertest

import (
	"bytes"
	"encoding/json"

	"plenum/bench/sequence"
)

// roomRecord checks the messages and gaps that one member receives. It belongs to the member's loop.
type roomRecord struct {
	sequence.Sequence
	gaps, missed uint64 // gaps, and the messages in them
}

// message records a frame: a message, a gap, or the first frame after a resume. A gap must begin
// at the next message.
func (l *roomRecord) message(payload []byte) {
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

// whole reports whether every number from the first to the last was received once or is in a
// gap.
func (l *roomRecord) whole() bool {
	numbers := uint64(0)
	if l.First > 0 {
		numbers = l.Last - l.First + 1
	}
	return l.Received+l.missed == numbers && l.Lost+l.Duplicated+l.OutOfOrder+l.Unnumbered == 0
}
