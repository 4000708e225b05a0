package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"plenum/bench/report/markdown"
)

// LabFile has the output of scripts/lab.sh below a line with the command. It has counts and
// memory of more connections than the descriptor limit allows, in an emulated machine.
const LabFile = "lab.txt"

// Lab is the content of labFile.
type Lab struct {
	Command string
	Lines   markdown.Table // names and values

	Open, Wanted, Ended int    // connections
	Held                int    // seconds for which they stayed open
	Bytes               int    // memory per connection
	Machine             int    // the same with the kernel and the client's end; 0: not in the file
	Received, Due       int    // deliveries
	Short               int    // members that missed a delivery
	Flaws               [4]int // of the server's numbers: lost, duplicated, out of order, without a number
}

var (
	labLine    = regexp.MustCompile(`^(\S+(?: \S+)*) {2,}(\S.*)$`)
	labCounter = regexp.MustCompile(`^plenum_\S+ \S+$`) // a metric of the server, which is skipped
)

// readLab returns nil if there is no such file.
func readLab(path string) (*Lab, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	l, err := parseLab(string(text))
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", LabFile, err)
	}
	return l, nil
}

func parseLab(text string) (*Lab, error) {
	first, rest, _ := strings.Cut(text, "\n")
	command, ok := strings.CutPrefix(first, "$ ")
	if !ok {
		return nil, fmt.Errorf("line 1: want the command after \"$ \", got %q", first)
	}
	l := &Lab{Command: command, Lines: markdown.Table{{"line", "value"}}}
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
		l.Lines = append(l.Lines, match[1:])
		if err := wanted.read(match[1], match[2]); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	for _, c := range wanted {
		if !c.found && !c.optional {
			return nil, fmt.Errorf("no line %q", c.name)
		}
	}
	return l, nil
}

// counts returns the values that the goals need.
type counts []*count

type count struct {
	name, form string // form is a format of fmt.Sscanf
	into       []any
	found      bool
	optional   bool
}

func (l *Lab) counts() counts {
	f := &l.Flaws
	return counts{
		{name: "held", form: "for %d s", into: []any{&l.Held}},
		{name: "connections", form: "%d of %d", into: []any{&l.Open, &l.Wanted}},
		{name: "memory", form: "%d bytes per idle connection", into: []any{&l.Bytes}},
		{name: "machine", form: "%d bytes per connection, kernel and both ends", into: []any{&l.Machine}, optional: true},
		{name: "ended", form: "%d", into: []any{&l.Ended}},
		{name: "deliveries", form: "%d of %d, %d members missed some", into: []any{&l.Received, &l.Due, &l.Short}},
		{
			name: "room numbers", form: "%d lost, %d duplicated, %d out of order, %d without a number",
			into: []any{&f[0], &f[1], &f[2], &f[3]},
		},
	}
}

// read reads the value of a line that is one of the counts. A second line of the same name
// is an error.
func (all counts) read(name, value string) error {
	for _, c := range all {
		if c.name != name {
			continue
		}
		if c.found {
			return fmt.Errorf("duplicate line %q", name)
		}
		if _, err := fmt.Sscanf(value, c.form, c.into...); err != nil {
			return fmt.Errorf("want %s like %q, got %q", name, c.form, value)
		}
		c.found = true
	}
	return nil
}
