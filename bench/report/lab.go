package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// labFile is what scripts/lab.sh printed, below a line with its command: counts and
// memory of more connections than this machine's descriptors, in an emulated one.
const labFile = "lab.txt"

// lab is that file.
type lab struct {
	command string
	lines   table // of names and values

	open, wanted, held, ended, bytes int    // connections, seconds, connections, bytes of each
	heard, due, short                int    // deliveries, members
	flaws                            [4]int // of the server's numbers
}

var (
	labLine    = regexp.MustCompile(`^(\S+(?: \S+)*) {2,}(\S.*)$`)
	labCounter = regexp.MustCompile(`^plenum_\S+ \S+$`) // of the server; it has no goal
)

// readLab returns nil where there is no such file.
func readLab(path string) (*lab, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	l, err := parseLab(string(text))
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", labFile, err)
	}
	return l, nil
}

func parseLab(text string) (*lab, error) {
	first, rest, _ := strings.Cut(text, "\n")
	command, ok := strings.CutPrefix(first, "$ ")
	if !ok {
		return nil, fmt.Errorf("line 1: want the command after \"$ \", got %q", first)
	}
	l := &lab{command: command, lines: table{{"what", "value"}}}
	wanted, n := l.counts(), 1
	for line := range strings.Lines(rest) {
		n++
		if line = strings.TrimSpace(line); line == "" || labCounter.MatchString(line) {
			continue
		}
		match := labLine.FindStringSubmatch(line)
		if match == nil {
			return nil, fmt.Errorf("line %d: want a name, two spaces or more and a value, got %q", n, line)
		}
		l.lines = append(l.lines, match[1:])
		if err := wanted.read(match[1], match[2]); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	for _, c := range wanted {
		if !c.found {
			return nil, fmt.Errorf("no line %q", c.name)
		}
	}
	return l, nil
}

// counts are what the goals need.
type counts []*count

type count struct {
	name, form string // as of fmt.Sscanf
	into       []any
	found      bool
}

func (l *lab) counts() counts {
	f := &l.flaws
	return counts{
		{name: "held", form: "for %d s", into: []any{&l.held}},
		{name: "connections", form: "%d of %d", into: []any{&l.open, &l.wanted}},
		{name: "memory", form: "%d bytes per idle connection", into: []any{&l.bytes}},
		{name: "ended", form: "%d", into: []any{&l.ended}},
		{name: "deliveries", form: "%d of %d, %d members missed some", into: []any{&l.heard, &l.due, &l.short}},
		{
			name: "room numbers", form: "%d lost, %d duplicated, %d out of order, %d without a number",
			into: []any{&f[0], &f[1], &f[2], &f[3]},
		},
	}
}

// read takes a value where one is needed, once.
func (all counts) read(name, value string) error {
	for _, c := range all {
		if c.name != name {
			continue
		}
		if c.found {
			return fmt.Errorf("a second %q", name)
		}
		if _, err := fmt.Sscanf(value, c.form, c.into...); err != nil {
			return fmt.Errorf("want %s like %q, got %q", name, c.form, value)
		}
		c.found = true
	}
	return nil
}

// labPart is the command and what it printed.
func labPart(d *data) string {
	if d.lab == nil {
		return "Not measured."
	}
	return paragraphs("```sh\n"+d.lab.command+"\n```", d.lab.lines.words())
}
