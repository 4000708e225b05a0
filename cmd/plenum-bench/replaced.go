package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// commandOf returns the command of the program with that name.
func commandOf(program *kong.Application, name string) *kong.Node {
	return program.Children[slices.IndexFunc(program.Children, func(n *kong.Node) bool { return n.Name == name })]
}

// replace sets the flags that a given flag replaces to their zero values. The tag "without" of the given flag
// names them. It is an error if one of them was given too.
func replace(ctx *kong.Context) error {
	given := givenFlags(ctx)
	for _, flag := range ctx.Flags() {
		without := flag.Tag.Get("without")
		if !given[flag.Name] || without == "" {
			continue
		}
		for _, name := range strings.Split(without, ",") {
			if given[name] {
				return fmt.Errorf("--%s: cannot be used together with --%s, which it replaces", flag.Name, name)
			}
			replaced := ctx.Flags()[slices.IndexFunc(ctx.Flags(), func(f *kong.Flag) bool { return f.Name == name })]
			replaced.Target.SetZero()
		}
	}
	return nil
}

// removed has a hint for each flag that no longer exists. An alias would not do, because the flag that
// replaces it has another meaning.
var removed = map[string]string{
	"--every":  "use --rate, messages per second in each room",
	"--groups": "use --rooms, the number of all rooms, and --rooms-per-member",
}

// renamed adds the hint of removed to an error about an unknown flag. Other errors it returns unchanged.
func renamed(reason string) string {
	rest, _ := strings.CutPrefix(reason, "unknown flag ")
	name, _, _ := strings.Cut(rest, ",")
	if use := removed[name]; use != "" {
		return fmt.Sprintf("unknown flag %s: %s", name, use)
	}
	return reason
}

// noteOldNames writes a line to stderr for each flag of args that has a new name.
func noteOldNames(ctx *kong.Context, args []string, stderr io.Writer) {
	for _, arg := range args {
		old, isFlag := strings.CutPrefix(arg, "--")
		old, _, _ = strings.Cut(old, "=")
		for _, flag := range ctx.Flags() {
			if isFlag && slices.Contains(flag.Aliases, old) {
				fmt.Fprintf(stderr, "plenum-bench: --%s is now --%s\n", old, flag.Name)
			}
		}
	}
}
