package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// Idle opens connections in steps and publishes nothing, to measure the cost of one idle
// connection.
type Idle struct {
	Options `embed:""` // Duration is the time to measure each step
	Members int        `json:"members" default:"10" help:"Members per room, 1 or more."`
	Steps   []int      `json:"steps" name:"connections" aliases:"steps" default:"2000,8000,14000,19000" help:"Numbers of connections to measure, in rising order."`
	Stage   []Stage    `json:"stages,omitempty" placeholder:"DURATION:CONNECTIONS" without:"connections,duration,early" help:"Connections over time, in place of --connections, --duration and --early: their number rises or falls evenly to CONNECTIONS within DURATION. The first stage begins at 0. A stage of 0s jumps. Repeat it for each stage."`
	Early   Duration   `json:"early" default:"0s" help:"Time to measure each step before the last. 0s means --duration, as for the last."`
	Settle  Duration   `json:"settle" default:"${settle}" help:"Wait for the server after the last connection: of idle before each measurement, of presence before the end. 0s or more."`
}

// IdleFigures are the figures of all steps.
type IdleFigures struct {
	Steps []IdleStep `json:"steps"`
	// Slope is the memory of one more connection: the slope of the line through all steps, by
	// least squares.
	Slope float64 `json:"slope_bytes_per_connection"`
}

// IdleStep is the cost of a number of connections while the step was measured.
type IdleStep struct {
	Connections        int     `json:"connections"`
	RSS                int64   `json:"rss_bytes"`                    // the server's memory
	BytesPerConnection float64 `json:"bytes_per_connection"`         // growth of RSS since there was one connection, per connection
	CPU                float64 `json:"cpu_seconds"`                  // the server's
	CPUPerConnection   float64 `json:"cpu_us_per_connection_second"` // processor microseconds per connection and second
	Pings              uint64  `json:"pings"`                        // received
	PingsPerConnection float64 `json:"pings_per_connection"`
	CPUPerPing         float64 `json:"cpu_us_per_ping"`     // the server's processor time per ping; 0 if there were no pings
	Upgrades           float64 `json:"upgrades_per_second"` // rate at which the step's connections were opened

	machine *observe.MachineUse
}

// Validate implements [Scenario].
func (s *Idle) Validate() error {
	err := broken(
		rule{"members", s.Members > 0, "1 or more", s.Members},
		rule{"early", s.Early >= 0, "0s or more", time.Duration(s.Early)},
		rule{"settle", s.Settle >= 0, "0s or more", time.Duration(s.Settle)},
		rule{"connections", len(s.Steps) > 0 || len(s.Stage) > 0, "one number or more", s.Steps},
	)
	last := 0
	for _, n := range s.Steps {
		if err == nil {
			err = broken(rule{"connections", n > last, "rising", s.Steps})
		}
		last = n
	}
	if room := drive.MaxConnections(); err == nil && last > room {
		err = fmt.Errorf("--connections: the descriptor limit allows %d connections, got %d", room, last)
	}
	if err != nil {
		return err
	}
	if len(s.Stage) == 0 {
		return s.Options.check()
	}
	return s.checkStages()
}

// checkStages is the part of Validate for a run with stages.
func (s *Idle) checkStages() error {
	if err := stages(s.Stage).check(); err != nil {
		return err
	}
	room := float64(drive.MaxConnections() - s.Dialers)
	for _, one := range s.Stage {
		if one.Target > room {
			return fmt.Errorf("--stage: the descriptor limit allows %.0f connections, got %.0f", room, one.Target)
		}
	}
	return s.checkLasting(stages(s.Stage).length())
}

// Run implements [Scenario]. It returns an error if the server's process is not found.
func (s *Idle) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, watch, err := s.result(ctx, "idle", s)
	if err != nil {
		return nil, err
	}
	if watch == nil {
		return nil, errors.New("--pid: the server's process was not found, and idle measures its memory: name the process")
	}
	r.Idle = &IdleFigures{Steps: []IdleStep{}}
	group, err := s.group(s.Members)
	if err != nil {
		return nil, err
	}
	defer group.stop()
	begin := clock.Monotonic()
	if len(s.Stage) > 0 {
		r.Idle = nil
		err = s.vary(ctx, d, r, group, watch)
	} else {
		err = s.climb(ctx, d, r, group, watch)
		r.Idle.Slope = slope(r.Idle.Steps)
		r.noteUsedServer()
	}
	r.Connections = int(group.pool.Stats().Open)
	r.endedBy(group)
	r.Seconds = time.Duration(clock.Monotonic() - begin).Seconds()
	return r.finish(ctx, r.endedProcess(ctx, watch, err))
}

// noteUsedServer adds a note if the connections of the last step took no memory of the system.
func (r *Result) noteUsedServer() {
	if n := len(r.Idle.Steps); n > 0 && r.Idle.Steps[n-1].BytesPerConnection <= 0 {
		r.Notes = append(r.Notes, "the server's memory did not grow: it has memory left from an earlier load, so restart it before the run")
	}
}

// climb measures the steps one after the other.
func (s *Idle) climb(ctx context.Context, d *drive.Driver, r *Result, group *group, watch *observe.Server) error {
	before, err := s.warm(ctx, d, group, watch)
	if err != nil {
		return err
	}
	for i, n := range s.Steps {
		held := s.Duration
		if s.Early > 0 && i < len(s.Steps)-1 {
			held = s.Early
		}
		step, err := s.step(ctx, d, group, watch, n, time.Duration(held), before)
		if err != nil {
			return err
		}
		r.Idle.Steps = append(r.Idle.Steps, step)
		r.Machine = step.machine // of the last step, whose processor time is published
	}
	return nil
}

// warm opens one connection, so that the server allocates everything that it allocates once. It
// returns the server's memory after that, in bytes.
func (s *Idle) warm(ctx context.Context, d *drive.Driver, group *group, watch *observe.Server) (int64, error) {
	if _, err := group.grow(ctx, 1); err != nil {
		return 0, err
	}
	if err := s.settle(ctx, d, group); err != nil {
		return 0, err
	}
	return watch.RSS()
}

// settle waits before a measurement.
func (s *Idle) settle(ctx context.Context, d *drive.Driver, g *group) (err error) {
	d.During(g.lasting("settling", time.Duration(s.Settle)), func() { err = clock.Sleep(ctx, time.Duration(s.Settle)) })
	return err
}

// step opens connections until there are n and measures them for the time held. before is the
// server's memory with one connection.
func (s *Idle) step(ctx context.Context, d *drive.Driver, g *group, watch *observe.Server, n int, held time.Duration, before int64) (step IdleStep, err error) {
	begin, had := time.Now(), len(g.clients)
	d.During(g.opening("opening", n), func() {
		_, err = g.grow(ctx, n)
	})
	if err != nil {
		return step, err
	}
	step.Connections, step.Upgrades = n, float64(n-had)/time.Since(begin).Seconds()
	if err := s.settle(ctx, d, g); err != nil {
		return step, err
	}
	began := load.OwnUsage(g.pool)
	cpu, err := watch.CPU()
	if err != nil {
		return step, err
	}
	d.During(g.lasting("measuring", held), func() { err = clock.Sleep(ctx, held) })
	if err != nil {
		return step, err
	}
	return step, step.take(load.OwnUsage(g.pool).Since(began), watch, before, cpu, held)
}

// take reads the server's use at the end of the step. used is the generator's own use
// during the step, which took the time held. before is the server's memory with one connection,
// and cpu is its processor time at the start.
func (step *IdleStep) take(used load.Usage, watch *observe.Server, before int64, cpu, held time.Duration) error {
	now, err := watch.CPU()
	if err != nil {
		return err
	}
	if step.RSS, err = watch.RSS(); err != nil {
		return err
	}
	n := float64(step.Connections)
	step.BytesPerConnection = float64(step.RSS-before) / n
	step.CPU = (now - cpu).Seconds()
	step.CPUPerConnection = step.CPU * 1e6 / n / held.Seconds()
	step.Pings = used.Stats.Pings
	step.PingsPerConnection = float64(step.Pings) / n
	step.machine = used.Machine.Use(held.Seconds(), (step.CPU+used.CPU.Seconds())/held.Seconds())
	if step.Pings > 0 {
		step.CPUPerPing = step.CPU * 1e6 / float64(step.Pings)
	}
	return nil
}

// slope returns the slope of memory over connections by least squares, or 0 for fewer than two
// steps.
func slope(steps []IdleStep) float64 {
	var n, x, y, xx, xy float64
	for _, s := range steps {
		c, m := float64(s.Connections), float64(s.RSS)
		n, x, y, xx, xy = n+1, x+c, y+m, xx+c*c, xy+c*m
	}
	if n < 2 {
		return 0
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
