package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"plenum/bench"
	"plenum/bench/drive"
)

// Suite is the configuration of a suite. Run runs it.
type Suite struct {
	Out     string // folder of the results
	Peers   string // folder of peers.json and of the conformance check
	Set     string // from the function Set
	Entries []Entry
	Targets []Target
	Skipped []Skipped     // written to skipped.json
	Repeats int           // of every entry; 0: the entry's own number
	Retries int           // further attempts after a rejected run
	Busy    float64       // cores that other processes may use during a run
	For     time.Duration // no run begins that would end later than this after the call of Run; 0: no limit

	// Scenario returns the scenario for the arguments of plenum-bench run.
	Scenario func(args []string) (bench.Scenario, error)
	Driver   *drive.Driver
	Log      io.Writer // gets the output of the conformance check, and one line per attempt
}

// session is the state of Suite.Run.
type session struct {
	*Suite
	ledger *ledger
	tls    string            // folder of the certificate
	builds map[string]string // versions of the servers, by target
	pace   pace
	end    time.Time // no run begins that would end later; zero: no limit

	errs     []error  // one per run that could not be made
	rejected []string // one per run whose attempts were all rejected: the run, and why the last attempt was
}

// Run makes every run that is not in the files yet. If ctx ends, Run stops the server and returns ctx's
// cause. If a run cannot be made, or if all its attempts are rejected, Run goes on with the next run. It
// then returns an error at the end. A peer that cannot be built is skipped: it moves from s.Targets to
// s.Skipped. If the time is up (For), Run ends without an error about the remaining runs.
func (s *Suite) Run(ctx context.Context) error {
	begun := time.Now()
	ledger, err := openLedger(s.Out, s.Set)
	if err != nil {
		return err
	}
	for _, e := range s.Entries {
		if _, err := s.Scenario(e.withNodes(1).args()); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	if err := s.buildPeers(ctx); err != nil {
		return err
	}
	if err := ledger.writeSkipped(s.Skipped); err != nil {
		return err
	}
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	defer os.RemoveAll(certificate)
	one := &session{Suite: s, ledger: ledger, tls: certificate, builds: map[string]string{}, pace: pace{}}
	if s.For > 0 {
		one.end = begun.Add(s.For)
	}
	return one.run(ctx)
}

// buildPeers builds and checks the peers. A peer that cannot be built moves from s.Targets to s.Skipped.
func (s *Suite) buildPeers(ctx context.Context) error {
	unbuilt, err := checkPeers(ctx, s.Peers, s.Targets, s.Log)
	if err != nil {
		return err
	}
	for _, one := range unbuilt {
		fmt.Fprintf(s.Log, "%s is skipped: %s\n", one.Name, one.Why)
	}
	s.Skipped = append(slices.Clone(s.Skipped), unbuilt...)
	s.Targets = slices.DeleteFunc(slices.Clone(s.Targets), func(t Target) bool {
		return slices.ContainsFunc(unbuilt, func(one Skipped) bool { return one.Name == t.Name })
	})
	return nil
}

// run makes the runs in the order of schedule.
func (s *session) run(ctx context.Context) error {
	for _, t := range s.Targets {
		build, err := t.build() // after the conformance check, which builds the peers
		if err != nil {
			return err
		}
		s.builds[t.Name] = build
	}
	jobs := s.ledger.inOrder(schedule(s.Entries, s.Targets, s.Repeats))
	for i, j := range jobs {
		if s.counted(j) || j.redundant(s.failed) {
			continue
		}
		err := s.do(ctx, j, fmt.Sprintf("[%d/%d]", i+1, len(jobs)), jobs[i+1:])
		if errors.Is(err, errTime) {
			runs, sum := s.left(jobs[i:])
			s.log(fmt.Sprintf("the time is up: %d runs are left, about %v; start the suite again to continue", runs, sum.Round(time.Second)))
			break
		}
		if err != nil {
			return err
		}
	}
	return s.outcome(jobs)
}

// errTime ends a suite whose next run would end too late.
var errTime = errors.New("suite: no time for a further run")

// late reports whether an attempt that begins now would end too late.
func (s *session) late(j job) bool {
	return !s.end.IsZero() && time.Now().Add(s.pace.of(j.entry)).After(s.end)
}

func (s *session) counted(j job) bool { return s.ledger.counted[j.key()] }
func (s *session) failed(j job) bool  { return s.ledger.failed[j.key()] }
func (s *session) log(text string)    { fmt.Fprintln(s.Log, text) }

// do makes attempts of a job until one counts, at most 1 + Retries, or one if the entry has Once. An
// attempt that cannot be made is repeated too. If none counts, do notes that in errs or rejected and
// returns nil. The error is errTime if there is no time for an attempt. place is the job's number for
// the log, and rest are the jobs after it.
func (s *session) do(ctx context.Context, j job, place string, rest []job) error {
	var failed error
	var why string
	retries := s.Retries
	if j.entry.Once {
		retries = 0
	}
	for range 1 + retries {
		if s.late(j) {
			return errTime
		}
		begun := time.Now()
		r, err := s.attempt(ctx, j)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failed = err; err != nil {
			s.log(fmt.Sprintf("%s %v: %v", place, j, err))
			continue
		}
		r.ForSuite()
		why = rejected(r, s.Busy, j.target.Nodes)
		if err := s.ledger.add(j, s.builds[j.target.Name], why, r); err != nil {
			return err
		}
		s.pace.note(j, time.Since(begun))
		s.log(fmt.Sprintf("%s %v: %s; %s", place, j, runSummary(r, why), s.timeLeft(rest)))
		if why == "" {
			return nil
		}
	}
	if failed != nil {
		s.errs = append(s.errs, fmt.Errorf("%v: %w", j, failed))
		return nil
	}
	s.rejected = append(s.rejected, fmt.Sprintf("%v: %s", j, why))
	return nil
}

// attempt starts the server, runs the entry and stops the server.
func (s *session) attempt(ctx context.Context, j job) (*bench.Result, error) {
	debug.FreeOSMemory() // collect the last run's garbage now, not during the next run
	settle(ctx, s.Busy)
	target := j.target.withCertificate(s.tls)
	flags, stop, err := target.start(ctx, j.entry)
	if err != nil {
		return nil, err
	}
	defer stop()
	scenario, err := s.Scenario(append(j.entry.args(), flags...))
	if err != nil {
		return nil, err
	}
	return scenario.Run(ctx, s.Driver)
}
