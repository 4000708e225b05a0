package settings

import (
	"errors"
	"io"

	"github.com/alecthomas/kong"
)

// Parse reads args (without the program's name), the environment through
// lookupEnv, and the file that these name. What it refuses is an *Error; help
// goes to stdout and ends in ErrHelp.
func Parse(args []string, lookupEnv func(string) (string, bool), stdout, stderr io.Writer) (Command, error) {
	var tree struct {
		Serve   Serve    `cmd:"" default:"withargs" help:"Serve rooms (the default)."`
		Doctor  Doctor   `cmd:"" help:"Say how many connections this machine can hold, and what to set for more."`
		Token   Token    `cmd:"" help:"Print a token for trying, of the server's secret."`
		Version struct{} `cmd:"" help:"Print the version."`
	}
	from := &sources{lookupEnv: lookupEnv, origins: map[string]string{}}
	ctx, err := newParser(&tree, from, stdout, stderr).Parse(args)
	if errors.Is(err, ErrHelp) {
		return Command{}, ErrHelp
	}
	if err != nil {
		return Command{}, from.explain(err)
	}
	cmd := Command{Name: ctx.Selected().Name, Serve: tree.Serve, Doctor: tree.Doctor, Token: tree.Token}
	switch cmd.Name {
	case "serve":
		err = cmd.Serve.check()
		cmd.Settings = from.settings(ctx.Selected().Flags)
	case "doctor":
		err = cmd.Doctor.check()
	case "token":
		err = cmd.Token.check()
	}
	if err != nil {
		return Command{}, from.explain(err)
	}
	return cmd, nil
}

// newParser panics where the tags of tree are wrong.
func newParser(tree any, from *sources, stdout, stderr io.Writer) *kong.Kong {
	return kong.Must(tree,
		kong.Name("plenum"),
		kong.Description("A WebSocket room server: one message in, every member of the room served."),
		kong.Writers(stdout, stderr),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(helpText),
		kong.WithBeforeResolve(from.readFile),
		kong.Resolvers(from),
	)
}

// printHelp ends the parsing with an error, where kong would end the process, or
// go on with the flags if its exit were replaced.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	return ErrHelp
}

// helpText names a flag's environment variable, which kong does not know of.
func helpText(value *kong.Value) string {
	if value.Name == "help" || value.Tag.Has(onlyFlag) {
		return value.Help
	}
	return value.Help + " [" + envName(value.Name) + "]"
}
