package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// Where a Setting comes from when neither the environment nor the file gave it.
const (
	originFlag    = "flag"
	originDefault = "default"
)

// sources gives kong the values of flags that are not on the command line. It
// reads the environment itself: kong would let any resolver, so also the file,
// override a variable of its own.
type sources struct {
	lookupEnv func(string) (string, bool)
	path      string            // of the file, as given; empty: none
	file      map[string]any    // what the file says; nil: no file
	origins   map[string]string // flag name to origin; not those on the command line
}

// readFile runs once the command line is split up, for every part of it; the
// part that matters is the command.
func (s *sources) readFile(ctx *kong.Context, part *kong.Path) error {
	if part.Command == nil || part.Command.Name != "serve" {
		return nil
	}
	s.path = s.configPath(ctx)
	if s.path == "" {
		return nil
	}
	var err error
	if s.file, err = readFile(s.path, keysOf(part.Flags)); err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	return nil
}

func (s *sources) configPath(ctx *kong.Context) string {
	for _, part := range ctx.Path {
		if part.Flag != nil && part.Flag.Name == "config" {
			return ctx.Value(part).String()
		}
	}
	value, origin := s.find("config")
	s.origins["config"] = origin
	path, _ := value.(string)
	return path
}

// Validate has nothing to add: the keys were checked when the file was read.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve is called for each flag that is not on the command line.
func (s *sources) Resolve(_ *kong.Context, part *kong.Path, flag *kong.Flag) (any, error) {
	if part.Command == nil || flag.Tag.Has(onlyFlag) {
		return nil, nil // --help is only a flag, too
	}
	value, origin := s.find(flag.Name)
	s.origins[flag.Name] = origin
	if _, list := value.([]any); list && !flag.IsSlice() {
		return nil, errors.New("must be one value, got a list")
	}
	return value, nil
}

func (s *sources) find(name string) (value any, origin string) {
	if text, ok := s.lookupEnv(envName(name)); ok {
		return text, "env " + envName(name)
	}
	if value, ok := s.file[name]; ok {
		return value, "file " + s.path
	}
	return nil, originDefault
}

// origin relies on kong asking Resolve about every flag but those it was given.
func (s *sources) origin(name string) string {
	if origin, asked := s.origins[name]; asked {
		return origin
	}
	return originFlag
}

// explain makes an error that begins with a flag's name end with the origin of
// its value, so that nobody searches the command line for what the file says.
// kong's name for the end of the command line is put into words.
func (s *sources) explain(err error) *Error {
	words := strings.NewReplacer("\r", " ", "\n", " ", `"EOL" (<EOL>)`, "nothing")
	reason := words.Replace(err.Error())
	name, _, _ := strings.Cut(strings.TrimPrefix(reason, "--"), ":")
	if origin := s.origins[name]; origin != "" && origin != originDefault {
		reason += " (" + origin + ")"
	}
	return &Error{reason}
}

func keysOf(flags []*kong.Flag) map[string]bool {
	keys := map[string]bool{}
	for _, flag := range flags {
		keys[flag.Name] = fileKey(flag.Name)
	}
	return keys
}

// envName is --max-conns' PLENUM_MAX_CONNS.
func envName(flag string) string {
	return "PLENUM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
