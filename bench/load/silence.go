package load

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Silence counts the members that have not received a probe of each of their rooms, and has hints at the reason.
type Silence struct {
	Members int    `json:"members"`          // those without a probe of each of their rooms
	First   string `json:"first,omitempty"`  // the first message of the server that has no text, quoted; empty if there is none
	Latest  string `json:"latest,omitempty"` // the latest of these messages
	Ended   uint64 `json:"ended,omitempty"`  // members that the server has closed before their first probe
	How     string `json:"how,omitempty"`    // how the first of these connections ended
}

// Merge adds the silence of another process.
func (s *Silence) Merge(other Silence) {
	s.Members += other.Members
	s.Ended += other.Ended
	s.First, s.Latest = cmp.Or(s.First, other.First), cmp.Or(other.Latest, s.Latest)
	s.How = cmp.Or(s.How, other.How)
}

// silence returns the Silence of this process, which has that many silent members.
func (l *Load) silence(members int) Silence {
	first, latest := l.recv.strange.both()
	return Silence{Members: members, First: first, Latest: latest, Ended: l.early.Load(), How: l.how.First()}
}

// strangeMessages keeps the first and the latest message of the server that has no text.
type strangeMessages struct {
	mu            sync.Mutex
	first, latest string // quoted; empty: none
}

func (s *strangeMessages) note(payload []byte) {
	text := quoted(payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.latest = cmp.Or(s.first, text), text
}

func (s *strangeMessages) both() (first, latest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first, s.latest
}

// maxQuoted is the longest part of a message that is shown, in bytes.
const maxQuoted = 200

// quoted returns the beginning of a message in quotes. Control characters are escaped, so it is safe on a terminal.
func quoted(message []byte) string {
	more := ""
	if len(message) > maxQuoted {
		more = fmt.Sprintf("… (%d bytes)", len(message))
		message = message[:maxQuoted]
	}
	text := strconv.Quote(string(message))
	return "'" + strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`) + "'" + more
}
