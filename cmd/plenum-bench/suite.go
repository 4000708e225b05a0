package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"plenum/bench"
	"plenum/bench/drive"
	"plenum/bench/suite"
)

// suiteFlags are the flags of plenum-bench suite.
type suiteFlags struct {
	Out      string         `default:"bench/results" help:"Folder of the results, one file per entry. New results are appended. Runs that are already there, with the same programs, peers and options, are not repeated."`
	Peers    string         `default:"bench/peers" help:"Folder of the peer servers, with peers.json. They are built and checked first."`
	Server   string         `default:"bin/plenum" help:"The plenum program to measure."`
	Only     []string       `placeholder:"ENTRY" help:"Measure only these entries. Default: all."`
	Targets  []string       `placeholder:"NAME" help:"Measure only these servers. Default: all."`
	Repeats  int            `default:"0" help:"Runs of each entry per server, 0 or more. 0 means the entry's own number, which --plan prints."`
	Duration bench.Duration `default:"0s" help:"Time to measure for entries with messages, in place of the entry's own. 0s means the entry's own."`
	Retries  int            `default:"2" help:"Further attempts for a run that is INVALID or was disturbed by other processes, 0 or more. With --quick at most 1."`
	Busy     float64        `default:"0.2" help:"Cores that other processes may use during a run, more than 0. If they use more, the run is repeated."`
	Cluster  bool           `xor:"set" help:"Measure clusters of several nodes and a NATS server, in place of the published set. Results go to the folder cluster within --out. The NATS server is the program in the environment variable NATS_SERVER; else it is built from this module's dependency; else nats-server on the PATH."`
	Channels bool           `xor:"set" help:"Measure clients of the Pusher Channels protocol next to native clients of the same server, in place of the published set. Results go to the folder channels within --out."`
	Quick    bool           `xor:"set" help:"Measure a few entries of the published set for a shorter time, in under 20 minutes, without tuned peers and without peers whose build takes minutes. Results go to the folder quick-results, or to another --out."`
	For      bench.Duration `default:"0s" help:"Begin no run that would end later than this after the start. 0s means no limit, with --quick 19m. The suite can be continued later."`
	Plan     bool           `help:"Print the entries with the servers, repeats and time that they take. Measure nothing."`
	List     bool           `help:"Print the entries with their commands, and the servers. Measure nothing."`
}

// Validate checks the flags. kong calls it.
func (f *suiteFlags) Validate() error {
	switch {
	case f.Repeats < 0:
		return fmt.Errorf("--repeats: must be 0 or more, got %d", f.Repeats)
	case f.For < 0:
		return fmt.Errorf("--for: must be 0s or more, got %v", time.Duration(f.For))
	case f.Quick && f.isWithinPublished(f.out()):
		return fmt.Errorf("--out: a quick suite must not write into the published results, %s", publishedFolder)
	case f.Duration < 0:
		return fmt.Errorf("--duration: must be 0s or more, got %v", time.Duration(f.Duration))
	case f.Retries < 0:
		return fmt.Errorf("--retries: must be 0 or more, got %d", f.Retries)
	case !(f.Busy > 0): // NaN too
		return fmt.Errorf("--busy: must be more than 0, got %v", f.Busy)
	}
	if _, err := f.choose(); err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	return nil
}

// entries returns the chosen entries, with the time of --duration.
func (f *suiteFlags) entries() ([]suite.Entry, error) {
	entries, err := f.choose()
	if f.Duration > 0 {
		for i, e := range entries {
			entries[i] = e.Lasting(time.Duration(f.Duration))
		}
	}
	return entries, err
}

// targets returns the servers to measure. broker is the path of the NATS server for --cluster. skipped are all servers
// whose tools are missing, chosen or not, and the servers that a quick suite leaves out.
func (f *suiteFlags) targets(ctx context.Context, broker string) (here []suite.Target, skipped []suite.Skipped, err error) {
	all, err := f.allTargets(ctx, broker)
	if err != nil {
		return nil, nil, err
	}
	_, skipped = suite.Available(all)
	chosen, err := suite.ChooseTargets(all, f.Targets)
	if err != nil {
		return nil, nil, &usageError{"--targets: " + err.Error()}
	}
	if f.Quick && len(f.Targets) == 0 {
		var long []suite.Skipped
		chosen, long = suite.QuickTargets(chosen)
		skipped = append(skipped, long...)
	}
	here, _ = suite.Available(chosen)
	return here, skipped, nil
}

// runSuite measures the set that the flags name, or prints it or its plan.
func runSuite(ctx context.Context, f *suiteFlags, env func(string) (string, bool), stdout, stderr io.Writer) error {
	entries, err := f.entries()
	if err != nil {
		return err
	}
	broker, remove, err := f.broker(ctx, env)
	if err != nil {
		return fmt.Errorf("--cluster: %w", err)
	}
	defer remove()
	here, skipped, err := f.targets(ctx, broker)
	if err != nil {
		return err
	}
	switch {
	case f.List:
		return listSuite(stdout, entries, here, skipped)
	case f.Plan:
		return suite.WritePlan(stdout, suite.Plan(entries, here, f.Repeats))
	}
	return f.measure(ctx, broker, entries, here, skipped, stderr)
}

// measure prints the plan and measures the set.
func (f *suiteFlags) measure(ctx context.Context, broker string, entries []suite.Entry, here []suite.Target, skipped []suite.Skipped, stderr io.Writer) error {
	programs := []string{f.Server}
	if broker != "" {
		programs = append(programs, broker)
	}
	set, err := suite.Set(f.Peers, time.Duration(f.Duration), f.Busy, f.Quick, programs...)
	if err != nil {
		return fmt.Errorf("--server or --peers: %w", err)
	}
	plan := suite.Plan(entries, here, f.Repeats)
	if err := f.refuse(plan, here); err != nil {
		return err
	}
	for _, s := range skipped {
		fmt.Fprintf(stderr, "plenum-bench: %s is skipped: %s\n", s.Name, s.Why)
	}
	if len(here) > 0 {
		if err := suite.WritePlan(stderr, plan); err != nil {
			return err
		}
	}
	err = (&suite.Suite{
		Out: f.out(), Peers: f.Peers, Set: set, Entries: entries, Targets: here, Skipped: skipped,
		Repeats: f.Repeats, Retries: f.retries(), Busy: f.Busy, For: f.limit(),
		Scenario: scenarioOf, Driver: &drive.Driver{Copy: copyOf(stderr)}, Log: stderr,
	}).Run(ctx)
	if ctx.Err() != nil {
		return &verdict{statusCut, "interrupted; start the suite again to continue"}
	}
	if f.Quick && err == nil {
		fmt.Fprint(stderr, f.afterQuick())
	}
	return err
}

// scenarioOf returns the scenario for the arguments of plenum-bench run. It ignores the
// environment, so that published results depend on the arguments only.
func scenarioOf(args []string) (bench.Scenario, error) {
	none := func(string) (string, bool) { return "", false }
	cmd, err := parse(append([]string{"run"}, args...), none, io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	return cmd.scenario, nil
}

// listSuite prints the entries with their commands, and the servers.
func listSuite(w io.Writer, entries []suite.Entry, here []suite.Target, skipped []suite.Skipped) error {
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "%-14s %s\n", e.ID, e.Command())
	}
	text.WriteString("\n")
	for _, t := range here {
		fmt.Fprintln(&text, strings.TrimSpace(fmt.Sprintf("%-14s %s", t.Name, t.Version)))
	}
	for _, s := range skipped {
		fmt.Fprintf(&text, "%-14s skipped: %s\n", s.Name, s.Why)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
