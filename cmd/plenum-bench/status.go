package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"plenum/bench"
)

// Exit statuses other than 0 of plenum-bench run. The help of each other command names its own.
const (
	statusFailed   = 1
	statusUsage    = 2
	statusInvalid  = 3
	statusHeldBack = 4
	statusCut      = 130
)

// status describes an exit status.
type status struct {
	code    int
	verdict string // as in bench; empty: the status is not that of a result
	meaning string
	use     string // whether the figures can be used; empty: there are no figures
}

// statuses has the exit statuses of plenum-bench run. The help and the manual show them.
var statuses = []status{
	{0, bench.Sound, "nothing was lost, and the generator kept up", "yes"},
	{
		statusFailed, bench.Failed, "the server lost, duplicated or reordered messages, or ended connections; or a condition of --fail-if held; or nothing could be measured at all",
		"if the server failed, counts without the latencies of deliveries",
	},
	{statusUsage, "", "wrong usage; one line says which option is wrong and what it must be", ""},
	{statusInvalid, bench.Invalid, "the generator itself may have caused the result", "no: remove the cause and run again"},
	{
		statusHeldBack, bench.HeldBack, "nothing was lost, but the server read from its senders more slowly than they sent, so the rate was not reached",
		"only together with the share of messages that left late or not at all",
	},
	{statusCut, bench.Interrupted, "Ctrl-C or SIGTERM ended the run early, and none of the above holds", "no; saturate gives the rate so far"},
}

// exitStatus returns the program's exit status for the error of run.
func exitStatus(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return statusFailed
}

// judged returns an error with the exit status if the result is not sound.
func judged(r *bench.Result) error {
	name, why := r.Verdict()
	text := name
	if why != "" {
		text += ": " + why
	}
	for _, s := range statuses {
		if s.verdict == name && s.code != 0 {
			return &verdict{s.code, text}
		}
	}
	return nil
}

// printStatuses prints the statuses for the help.
func printStatuses(w io.Writer) error {
	var b strings.Builder
	b.WriteString("\nExit status of plenum-bench run (bench/README.md says more):\n")
	for _, s := range statuses {
		text := s.meaning
		if s.verdict != "" {
			text = s.verdict + ": " + text
		}
		fmt.Fprintf(&b, "  %3d  %s\n", s.code, strings.ReplaceAll(wrap(text, 72), "\n", "\n       "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks text into lines of at most width bytes. A longer word has a line of its own.
func wrap(text string, width int) string {
	var b strings.Builder
	line := 0
	for _, word := range strings.Fields(text) {
		switch {
		case line == 0:
		case line+1+len(word) > width:
			b.WriteByte('\n')
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += len(word)
	}
	return b.String()
}
