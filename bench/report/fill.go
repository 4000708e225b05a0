package report

import (
	"errors"
	"fmt"
	"strings"
)

const (
	partOpens  = "<!-- generated: "
	partOpened = " -->"
	partEnds   = "<!-- end -->"
)

// Fill returns the document with the text between markers replaced by parts. A marker is a
// line of its own: <!-- generated: NAME --> before a part and <!-- end --> after it. A part
// without markers in the document is left out, because it may belong to another document.
// Markers of an unknown part are an error.
func Fill(document []byte, parts map[string]string) ([]byte, error) {
	var out strings.Builder
	inside := "" // the part whose old text is skipped
	for line := range strings.Lines(string(document)) {
		bare := strings.TrimSpace(line)
		name, opens := marker(bare)
		text, known := parts[name]
		switch {
		case opens && inside != "":
			return nil, fmt.Errorf("part %q has no end marker", inside)
		case opens && !known:
			return nil, fmt.Errorf("unknown part %q", name)
		case opens:
			inside = name
			out.WriteString(bare + "\n" + spaced(text))
		case bare == partEnds && inside == "":
			return nil, errors.New("an end marker without a part before it")
		case bare == partEnds:
			inside = ""
		}
		if inside == "" {
			out.WriteString(line)
		}
	}
	if inside != "" {
		return nil, fmt.Errorf("part %q has no end marker", inside)
	}
	return []byte(out.String()), nil
}

// spaced returns text with a blank line before and after it, or nothing if it is empty.
func spaced(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "\n" + text + "\n\n"
}

// marker returns the name of the part that a line opens.
func marker(line string) (name string, opens bool) {
	rest, opens := strings.CutPrefix(line, partOpens)
	name, closed := strings.CutSuffix(rest, partOpened)
	return name, opens && closed
}
