package settings

import (
	"errors"
	"io"

	"github.com/alecthomas/kong"
)

// Parse reads args (without the program's name), the environment through lookupEnv, and the file that
// --config or PLENUM_CONFIG names. An invalid setting is returned as an *Error. If help was requested, Parse
// prints it to stdout and returns ErrHelp.
func Parse(args []string, lookupEnv func(string) (string, bool), stdout, stderr io.Writer) (Command, error) {
	var tree struct {
		Serve   Serve    `cmd:"" default:"withargs" help:"Serve rooms (the default)."`
		Doctor  Doctor   `cmd:"" help:"Print how many connections this machine can hold, and the settings to change for more."`
		Token   Token    `cmd:"" help:"Print a token for testing, signed with the server's secret."`
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

// newParser returns a parser into tree. It panics if a tag of tree is wrong.
func newParser(tree any, from *sources, stdout, stderr io.Writer) *kong.Kong {
	return kong.Must(tree,
		kong.Name("plenum"),
		kong.Description("A WebSocket room server: every message to a room reaches all its members."),
		kong.Writers(stdout, stderr),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(groups),
		kong.ValueFormatter(helpText),
		kong.WithBeforeResolve(from.readFile),
		kong.Resolvers(from),
	)
}

// printHelp prints the help and returns ErrHelp to end the parsing. kong itself would exit the process.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	return ErrHelp
}

// helpText adds the name of the flag's environment variable to its help. kong does not know the variables.
func helpText(value *kong.Value) string {
	if value.Name == "help" || value.Tag.Has(onlyFlag) {
		return value.Help
	}
	return value.Help + " [" + envName(value.Name) + "]"
}
