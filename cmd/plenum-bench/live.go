package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"plenum/bench/drive"
)

// progress shows the progress of a run: on a terminal in one line that is written over, otherwise by one line
// per phase. It ignores errors of its writer, because they must not end a run.
type progress struct {
	to       io.Writer
	terminal bool
	phase    string
	shown    int // length of the line on the terminal, in characters
	meter    meter
}

func newProgress(to io.Writer) *progress {
	return &progress{to: to, terminal: isTerminal(to)}
}

// show shows the figures so far. now is their time.
func (p *progress) show(f drive.Live, now time.Time) {
	if p.terminal {
		p.draw(liveLine(f, p.meter.since(f, now), columns(p.to)-1)) // a full line would scroll
		return
	}
	if f.Phase != p.phase {
		fmt.Fprintln(p.to, "plenum-bench:", f.Phase)
	}
	p.phase = f.Phase
}

// draw replaces the line on the terminal. It uses no escape sequence, so it works on every terminal.
func (p *progress) draw(line string) {
	length := utf8.RuneCountInString(line)
	rest := min(max(0, p.shown-length), max(0, columns(p.to)-1-length)) // the terminal may have become narrower
	fmt.Fprintf(p.to, "\r%s%s", line, strings.Repeat(" ", rest))
	p.shown = length
}

// end removes the line from the terminal.
func (p *progress) end() {
	if p.shown > 0 {
		p.draw("")
		fmt.Fprint(p.to, "\r")
	}
}

// meter computes speeds from the figures of two moments. Its fields are of the earlier one.
type meter struct {
	at   time.Time
	from drive.Live
	last speeds
}

// since returns the speeds between the previous figures and f. If less than half a second has passed, it
// returns the previous speeds, because a short interval gives no exact ones.
func (m *meter) since(f drive.Live, now time.Time) speeds {
	passed := now.Sub(m.at)
	if !m.at.IsZero() && passed < 500*time.Millisecond {
		return m.last
	}
	if !m.at.IsZero() && f.Delivered >= m.from.Delivered && f.CPU >= m.from.CPU { // otherwise a new run has begun
		m.last = speeds{
			cores: (f.CPU - m.from.CPU).Seconds() / passed.Seconds(), received: float64(f.Delivered-m.from.Delivered) / passed.Seconds(),
		}
	}
	m.at, m.from = now, f
	return m.last
}
