package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// The origins of a Setting that is neither in the environment nor in the file.
const (
	originFlag    = "flag"
	originDefault = "default"
)

// sources is the kong.Resolver of the flags that are not on the command line. It reads the environment itself, because a
// resolver takes precedence over kong's own environment variables. The file would then override the environment.
type sources struct {
	lookupEnv func(string) (string, bool)
	path      string            // of the file; empty: no file
	file      map[string]any    // the values of the file, by key; nil: no file
	origins   map[string]string // by flag name; flags on the command line are missing
}

// readFile reads the file if the command is serve. kong calls it for each part of the command line, before the
// flags are resolved.
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

// Validate does nothing: readFile has checked the keys.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a flag that is not on the command line; nil for the default.
func (s *sources) Resolve(_ *kong.Context, part *kong.Path, flag *kong.Flag) (any, error) {
	if part.Command == nil || flag.Tag.Has(onlyFlag) {
		return nil, nil // --help and flags without a variable
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

// origin returns the origin of a flag's value. kong calls Resolve for every flag that is not on the command
// line, so an unresolved flag was on it.
func (s *sources) origin(name string) string {
	if origin, asked := s.origins[name]; asked {
		return origin
	}
	return originFlag
}

// explain adds the origin of the value to an error that begins with a flag's name. The reader then knows
// whether to look in the environment or the file. It replaces kong's "EOL" by a word, and joins the lines.
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
		keys[flag.Name] = isSetting(flag.Name)
	}
	return keys
}

// envName returns the name of a flag's variable: PLENUM_MAX_CONNS for max-conns.
func envName(flag string) string {
	return "PLENUM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
