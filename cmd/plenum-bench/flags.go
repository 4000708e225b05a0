package main

import (
	"errors"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"plenum/bench"
	"plenum/bench/metric"
)

// errHelp is returned by parse after it has printed the help.
var errHelp = errors.New("help was printed")

// command is a parsed command line.
type command struct {
	name       string // run, suite, report, compare, html, bare, agent, version or shard
	title      string // name of the scenario
	scenario   bench.Scenario
	out        string
	profile    string
	prometheus string
	failIf     []metric.Condition
	suite      *suiteFlags
	report     *reportFlags
	compare    *compareFlags
	html       *htmlFlags
	bare       *bareFlags
	agent      *agentFlags
}

const (
	roomURL = "ws://127.0.0.1:8080/ws/chat/{room}?username={user}"
	echoURL = "ws://127.0.0.1:8080/echo/raw"

	manyURL     = "ws://127.0.0.1:8080/ws?username={user}"
	manyHello   = `{"type":"join","room":"{room}"}`
	manyPublish = `{"type":"publish","room":"{room}","text":"{text}"}`
)

// tree describes the command line to kong. Scenarios of one type differ in their
// defaults, which the set tags give.
type tree struct {
	Run struct {
		Out        string `placeholder:"FILE" help:"File to append the result to. Default: stdout, unless it is a terminal."`
		File       string `placeholder:"FILE" help:"YAML file with a scenario and its options, in place of the scenario's name. It is kept in the result. Options of the command line and variables have precedence."`
		Profile    string `placeholder:"FILE" help:"File for a CPU profile of the generator itself."`
		Prometheus string `placeholder:"HOST:PORT" help:"Address at which to serve the figures of the run as Prometheus metrics (/metrics), until it ends."`

		FailIf []metric.Condition `sep:"none" placeholder:"CONDITION" help:"Condition that fails the run, such as p99>50ms or lost>0. Exit status 1 if it holds. May be repeated. The manual lists the metrics."`

		FanLarge   bench.Fan      `kong:"cmd,name='fan-large',set='rooms=1',set='members=5000',set='rate=5',help='One large room: how long until the last member has a message.'"`
		FanHot     bench.Fan      `kong:"cmd,name='fan-hot',set='rooms=1',set='members=1000',set='rate=1000',help='One busy room: many messages per second.'"`
		RoomsSmall bench.Fan      `kong:"cmd,name='rooms-small',set='rooms=1000',set='members=10',set='rate=3',help='Many small rooms.'"`
		Echo       bench.Fan      `kong:"cmd,set='rooms=1000',set='members=1',set='rate=10',set='url=${echo}',help='Rooms of one member, which receives its own messages.'"`
		Zipf       bench.Zipf     `kong:"cmd,set='rooms=2000',set='rate=1',set='leaves=100',help='A few large rooms and many small ones (Zipf), with members that join and leave.'"`
		Churn      bench.Churn    `kong:"cmd,set='rooms=100',set='members=50',set='rate=5',set='leaves=500',help='Rooms of equal size, with members that join and leave.'"`
		Slow       bench.Slow     `kong:"cmd,set='rooms=1',set='members=200',set='rate=500',set='payload=1024',help='A room in which some members stop reading.'"`
		Saturate   bench.Saturate `kong:"cmd,set='rooms=1',set='members=1000',set='rate=1000',set='duration=5s',help='Search for the highest message rate that the server sustains.'"`
		Many       bench.Many     `kong:"cmd,set='rooms=2000',set='members=20',set='rate=2',set='url=${many_url}',set='hello=${many_hello}',set='publish=${many_publish}',help='Connections in many rooms: groups that share rooms, and publish to all of them at once.'"`
		Hour       bench.Hour     `kong:"cmd,set='rooms=10',set='members=80',set='rate=100',set='payload=1024',set='leaves=20',set='duration=1h',help='An hour with joins, leaves and members that stop reading from time to time: memory and latencies over time.'"`
		Idle       bench.Idle     `kong:"cmd,set='duration=20s',set='settle=5s',help='Memory, processor time and pings of idle connections.'"`
		Connect    bench.Connect  `kong:"cmd,set='duration=5s',set='url=${echo}',help='Upgrades per second: as fast as possible, then at a steady rate.'"`
		Presence   bench.Presence `kong:"cmd,set='speak=pusher',set='settle=3s',help='Users that join one presence channel of the Pusher Channels protocol, at a steady rate.'"`
	} `cmd:"" help:"Measure one scenario and write the result as one line of JSON."`
	Suite   suiteFlags   `cmd:"" help:"Measure the published set: start, check and stop plenum and every peer server, in turn. Exit status: 0 even if servers lose messages, 1 something could not be measured, 2 wrong usage, 130 interrupted."`
	Compare compareFlags `cmd:"" help:"Compare two sets of results, A and B, and say whether B is better or worse. Exit status: 0 no metric is worse, 1 a metric is worse or a condition of --fail-if holds, 2 wrong usage or results that cannot be compared, 3 with --strict if there are too few runs to decide, or an entry is missing on one side."`
	HTML    htmlFlags    `cmd:"" name:"html" help:"Write results as one HTML page that needs no other file. Exit status: 1 the page could not be written, 2 wrong usage or results that cannot be read."`
	Report  reportFlags  `cmd:"" help:"Write the tables and plots of the documents from stored results, or print a table of the runs in files. Exit status: 1 files differ (--check) or could not be written, 2 wrong usage or results that cannot be read."`
	Agent   agentFlags   `cmd:"" help:"Generate a share of the load of a run that another plenum-bench leads (run --agent). Exit status: 0 interrupted, 2 wrong usage."`
	Bare    bareFlags    `cmd:"" help:"Measure one room with a client of one thread that checks nothing: the reference for what plenum-bench itself adds. Exit status: 1 it could not be measured, 2 wrong usage."`
	Version struct{}     `cmd:"" help:"Print the version."`
	Shard   struct{}     `cmd:"" hidden:""`
}

// usageError is one line about a wrong command line.
type usageError struct{ reason string }

func (e *usageError) Error() string { return e.reason }

// ExitCode returns the program's exit status.
func (*usageError) ExitCode() int { return statusUsage }

// parse reads args, without the program's name, and the environment. It returns a usageError for a wrong
// command line. If help is requested, it prints the help to stdout and returns errHelp. It notes old names
// of flags on stderr.
func parse(args []string, env func(string) (string, bool), stdout, stderr io.Writer) (command, error) {
	file, args, err := withFile(args, env)
	if err != nil {
		return command{}, &usageError{err.Error()}
	}
	var t tree
	ctx, err := newParser(&t, env, stdout, stderr, file.resolvers()...).Parse(args)
	if errors.Is(err, errHelp) {
		return command{}, errHelp
	}
	if err == nil {
		err = replace(ctx)
	}
	if err != nil {
		return command{}, &usageError{file.locate(renamed(oneLine(err)), args, env)}
	}
	if err := checkSecret(ctx, identity(env)); err != nil {
		return command{}, err
	}
	noteOldNames(ctx, args, stderr)
	name, scenario, _ := strings.Cut(ctx.Command(), " ")
	if err := checkConditions(t.Run.FailIf, scenario); err != nil {
		return command{}, err
	}
	return command{
		name: name, title: scenario, scenario: file.keep(t.scenario(scenario)),
		out: t.Run.Out, profile: t.Run.Profile, prometheus: t.Run.Prometheus, failIf: t.Run.FailIf,
		suite: &t.Suite, report: &t.Report, compare: &t.Compare, html: &t.HTML, bare: &t.Bare, agent: &t.Agent,
	}, nil
}

// oneLine returns the text of an error of kong in one line and in the words of this program.
func oneLine(err error) string {
	if names, missing := strings.CutPrefix(err.Error(), `expected "<`); missing {
		return "missing argument <" + strings.TrimSuffix(names, `"`) + "; --help describes it"
	}
	breaks := strings.NewReplacer("\r", " ", "\n", " ", `"EOL" (<EOL>)`, "nothing")
	return plain(breaks.Replace(err.Error()))
}

// plain removes the path of commands that kong puts before the error of a Validate method.
func plain(reason string) string {
	if i := strings.Index(reason, ": --"); i >= 0 && !strings.HasPrefix(reason, "--") {
		return reason[i+len(": "):]
	}
	return reason
}

// scenario returns the scenario of a name, with the title set. It returns nil for a command other than run.
func (t *tree) scenario(name string) bench.Scenario {
	t.Run.FanLarge.Title, t.Run.FanHot.Title = "fan-large", "fan-hot"
	t.Run.RoomsSmall.Title, t.Run.Echo.Title = "rooms-small", "echo"
	return map[string]bench.Scenario{
		"fan-large": &t.Run.FanLarge, "fan-hot": &t.Run.FanHot, "rooms-small": &t.Run.RoomsSmall, "echo": &t.Run.Echo,
		"zipf": &t.Run.Zipf, "churn": &t.Run.Churn, "slow": &t.Run.Slow, "saturate": &t.Run.Saturate,
		"many": &t.Run.Many, "hour": &t.Run.Hour, "idle": &t.Run.Idle, "connect": &t.Run.Connect, "presence": &t.Run.Presence,
	}[name]
}

// newParser returns the parser for t. It panics if the tags of t are wrong. The environment has
// precedence over the other resolvers.
func newParser(t *tree, env func(string) (string, bool), stdout, stderr io.Writer, others ...kong.Resolver) *kong.Kong {
	return kong.Must(t,
		kong.Name("plenum-bench"),
		kong.Description("Measures a WebSocket room server with an open-loop load, and says when its own figures cannot be trusted."),
		kong.Vars{
			"url": roomURL, "echo": echoURL, "duration": "10s", "payload": "128", "hello": "", "publish": "", "speak": "plenum",
			"many_url": manyURL, "many_hello": manyHello, "many_publish": manyPublish,
		},
		kong.Writers(stdout, stderr),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Resolvers(append(others, environment(env))...),
		kong.WithBeforeApply(leaveToProtocol),
		kong.WithBeforeApply(nameServer),
	)
}

// printHelp implements kong.HelpPrinter. For plenum-bench itself and for run, it adds the exit statuses. It
// returns errHelp.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if of := ctx.Command(); of == "" || strings.HasPrefix(of, "run") {
		if err := printStatuses(ctx.Stdout); err != nil {
			return err
		}
	}
	return errHelp
}

// environment returns a resolver that reads each flag that is not on the command line from its environment
// variable: PLENUM_BENCH_PAYLOAD for --payload. The variables of a flag's old names count too.
func environment(lookup func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, part *kong.Path, flag *kong.Flag) (any, error) {
		if part.Command == nil || flag.Name == "help" {
			return nil, nil
		}
		for _, name := range append(flag.Aliases, flag.Name) {
			if value, ok := lookup(variable(name)); ok {
				return value, nil
			}
		}
		return nil, nil
	})
}

// variable returns the environment variable of a flag.
func variable(flag string) string {
	return "PLENUM_BENCH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
