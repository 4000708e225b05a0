package drive

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plenum/bench/load"
)

// unheard returns the error about members that have received no probe within a time, or whose connections have ended.
func unheard(s load.Silence, p *load.Plan, within time.Duration) error {
	var b strings.Builder
	switch {
	case s.Ended > 0:
		fmt.Fprintf(&b, "bench: the server ended %d of %d connections before the first message, the first one was %s: check --url, --hello, --publish and --speak", s.Ended, p.Members(), s.How)
	default:
		fmt.Fprintf(&b, "bench: %d of %d members received no message of their room in %v: check --url, --hello, --publish and --speak", s.Members, p.Members(), within)
	}
	if s.Members == len(p.Sizes) && p.Members() > len(p.Sizes) && !p.Target.NoSelf && s.Ended == 0 {
		b.WriteString("; it is one member per room: if the server sends no copy of a message to its sender, add --no-self")
	}
	switch {
	case s.First == "":
		b.WriteString("; the server sent no other message")
	case s.Latest == s.First:
		fmt.Fprintf(&b, "; the server sent %s", s.First)
	default:
		fmt.Fprintf(&b, "; the server first sent %s, and last %s", s.First, s.Latest)
	}
	return errors.New(b.String())
}
