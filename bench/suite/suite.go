package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"plenum/bench"
	"plenum/bench/drive"
)

// Suite is what to measure, and how.
type Suite struct {
	Out     string // folder of the results
	Peers   string // folder of the manifest and the check
	Set     string // what Set returns
	Entries []Entry
	Targets []Target
	Skipped []Skipped
	Repeats int
	Retries int     // attempts more, where a run is rejected
	Busy    float64 // cores that others may use in a run

	// Scenario makes one of the arguments of plenum-bench run.
	Scenario func(args []string) (bench.Scenario, error)
	Driver   *drive.Driver
	Log      io.Writer // a line a run
}

// session is a suite at work.
type session struct {
	*Suite
	ledger *ledger
	tls    string            // folder of the certificate
	builds map[string]string // by target
	pace   pace
	missed []error // runs that could not be made
}

// Run measures what does not stand in the files yet. Where ctx ends, it returns its
// cause, with every server stopped. A run that cannot be made is no reason to end:
// it is in the error at the end.
func (s *Suite) Run(ctx context.Context) error {
	books, err := openLedger(s.Out, s.Set)
	if err != nil {
		return err
	}
	if err := books.writeSkipped(s.Skipped); err != nil {
		return err
	}
	for _, e := range s.Entries {
		if _, err := s.Scenario(e.on(1).args()); err != nil {
			return fmt.Errorf("%s: %w", e.ID, err)
		}
	}
	if err := conform(ctx, s.Peers, s.Targets, s.Log); err != nil {
		return err
	}
	certified, err := certify()
	if err != nil {
		return err
	}
	defer os.RemoveAll(certified)
	now := &session{Suite: s, ledger: books, tls: certified, builds: map[string]string{}, pace: pace{}}
	return now.run(ctx)
}

func (s *session) run(ctx context.Context) error {
	for _, t := range s.Targets {
		build, err := t.build() // after the check, which builds
		if err != nil {
			return err
		}
		s.builds[t.Name] = build
	}
	jobs := schedule(s.Entries, s.Targets, s.Repeats)
	for i, j := range jobs {
		if s.standing(j) || j.hopeless(s.failed) {
			continue
		}
		if err := s.make(ctx, j, fmt.Sprintf("[%d/%d]", i+1, len(jobs)), jobs[i+1:]); err != nil {
			return err
		}
	}
	return s.outcome()
}

func (s *session) standing(j job) bool { return s.ledger.standing[j.key()] }
func (s *session) failed(j job) bool   { return s.ledger.failed[j.key()] }
func (s *session) say(text string)     { fmt.Fprintln(s.Log, text) }

// make has the job done: again where the run is rejected or cannot be made.
func (s *session) make(ctx context.Context, j job, place string, rest []job) error {
	var failed error
	for retry := range 1 + s.Retries {
		begun := time.Now()
		r, err := s.once(ctx, j)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failed = err; err != nil {
			s.say(fmt.Sprintf("%s %v: %v", place, j, err))
			continue
		}
		why := rejected(r, s.Busy, retry == s.Retries)
		if err := s.ledger.add(j, s.builds[j.target.Name], why, r); err != nil {
			return err
		}
		s.pace.note(j, time.Since(begun))
		s.say(fmt.Sprintf("%s %v: %s; %s", place, j, told(r, why), s.left(rest)))
		if why == "" {
			return nil
		}
	}
	if failed != nil {
		s.missed = append(s.missed, fmt.Errorf("%v: %w", j, failed))
	}
	return nil
}

// once starts the server, runs the entry and stops the server.
func (s *session) once(ctx context.Context, j job) (*bench.Result, error) {
	debug.FreeOSMemory() // what the last run left is not collected in the next
	settle(ctx, s.Busy)
	target := j.target.certified(s.tls)
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

func (s *session) outcome() error {
	if len(s.missed) == 0 {
		return nil
	}
	return fmt.Errorf("%d runs could not be made: %w", len(s.missed), errors.Join(s.missed...))
}
