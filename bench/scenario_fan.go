package bench

import (
	"cmp"
	"context"
	"time"

	"plenum/bench/drive"
	"plenum/bench/load"
	"plenum/bench/message"
	"plenum/bench/speak"
)

// Scenario is one kind of measurement. One goroutine calls its methods.
type Scenario interface {
	// Validate returns an error if the options cannot be run. The text is one line that begins
	// with the flag. It sets the options that the server's protocol sets and the user has not.
	Validate() error
	// Run measures and blocks until the result is complete. Errors of the server are in the
	// result; an error means that nothing could be measured. If ctx ends, Run returns the
	// figures so far.
	Run(ctx context.Context, d *drive.Driver) (*Result, error)
}

// Traffic are the options of all scenarios with messages.
type Traffic struct {
	Options   `embed:""`
	Stage     []Stage  `json:"stages,omitempty" placeholder:"DURATION:RATE" without:"rate,duration" help:"Load over time, in place of --rate and --duration: the rate rises or falls evenly to RATE within DURATION. The first stage begins at 0. A stage of 0s jumps. Repeat it for each stage. Not for saturate."`
	Payload   int      `json:"payload" default:"${payload}" help:"Size of each message's text in bytes, 20 or more."`
	Words     bool     `json:"words,omitempty" help:"Fill each text with words, which compress about as English text does. Default: one letter, repeated."`
	Warmup    Duration `json:"warmup" default:"2s" help:"Time under the same load before the measurement, 0s or more. Its latencies are not recorded; its messages are checked."`
	Drain     Duration `json:"drain" default:"10s" help:"Longest wait for outstanding messages at the end, 0s or more. Messages that arrive later are counted as missing."`
	RoomSeq   bool     `json:"room_seq" default:"true" negatable:"" help:"Also check the server's own numbering, if a message ends with a seq."`
	NoSelf    bool     `json:"no_self,omitempty" help:"The server sends no copy of a message to its sender. --speak=pusher implies it."`
	Agent     []string `json:"agents,omitempty" placeholder:"HOST:PORT" help:"Address of a generator on another machine, started by plenum-bench agent. Repeat it for each: they share the connections, and this process only leads. They need a common secret in PLENUM_BENCH_SECRET."`
	Processes int      `json:"processes" default:"0" help:"Processes that share the connections, 0 to 64. 0 means as many as the descriptor limit requires."`
}

// plan returns the plan of a load. sizes has the number of members of each group. senders is the
// number of senders per group. rate is in messages per second in each of the rooms.
func (t *Traffic) plan(sizes []int, senders, rooms int, rate float64) *load.Plan {
	deliveries := 0.0
	for _, size := range sizes {
		deliveries += t.peak(rate) * float64(rooms) * float64(size) / float64(len(sizes))
	}
	target := t.target()
	target.NoSelf = t.noSelf()
	return &load.Plan{
		Target: target, Mark: message.MarkFor(t.Payload), Sizes: sizes, Senders: senders, Payload: t.Payload, Words: t.Words,
		Rate: rate * float64(rooms), Stages: t.stages().ramps(float64(rooms)),
		Warmup: t.warmup(), Duration: t.length(), Drain: time.Duration(t.Drain),
		Sample: load.Sampling(deliveries), RoomSeq: t.RoomSeq, Loops: t.loops(), Dialers: t.Dialers, Shards: t.Processes, Agents: t.Agent,
	}
}

// stages returns the stages of the load.
func (t *Traffic) stages() stages { return t.Stage }

// peak returns the highest rate of the run, which has the given one without stages.
func (t *Traffic) peak(rate float64) float64 {
	if len(t.Stage) > 0 {
		return t.stages().highest()
	}
	return rate
}

// length returns the time to measure.
func (t *Traffic) length() time.Duration {
	if len(t.Stage) > 0 {
		return t.stages().length()
	}
	return time.Duration(t.Duration)
}

// warmup returns the length of the warm-up. Stages that begin at 0 have none: nothing would be sent.
func (t *Traffic) warmup() time.Duration {
	if ramps := t.stages().ramps(1); len(ramps) > 0 && ramps[0].From == 0 {
		return 0
	}
	return time.Duration(t.Warmup)
}

// noSelf reports whether a sender receives no copy of its message.
func (t *Traffic) noSelf() bool { return t.NoSelf || t.Speak == speak.Pusher }

func (t *Traffic) check() error {
	err := broken(
		rule{"warmup", t.Warmup >= 0, "0s or more", time.Duration(t.Warmup)},
		rule{"drain", t.Drain >= 0, "0s or more", time.Duration(t.Drain)},
		rule{"agent", len(t.Agent) == 0 || t.Processes == 0, "left out if --processes is set", t.Agent},
		rule{"processes", t.Processes >= 0 && t.Processes <= 64, "0 (as many as required) to 64", t.Processes},
	)
	if err == nil {
		err = t.stages().check()
	}
	if err == nil {
		err = checkAgents(t.Agent)
	}
	if err != nil {
		return err
	}
	return t.checkLasting(t.length())
}

// steady returns the condition on the rate of a load without stages.
func (t *Traffic) steady(rate float64) rule {
	return rule{"rate", rate > 0 || len(t.Stage) > 0, "more than 0", rate}
}

// Fan is a load of rooms of equal size, with the same message rate in each room. With one
// member per room it is an echo.
type Fan struct {
	Traffic `embed:""`
	Title   string  `json:"-" kong:"-"` // name of the scenario in the result; default "fan"
	Rooms   int     `json:"rooms" default:"${rooms}" help:"Number of rooms, 1 or more."`
	Members int     `json:"members" default:"${members}" help:"Members per room, 1 or more."`
	Senders int     `json:"senders" default:"1" help:"Members per room that send, in turn, 1 or more."`
	Rate    float64 `json:"rate" default:"${rate}" help:"Messages per second in each room, more than 0."`
}

// Bounds of a plan. A larger number is a typing error and would allocate gigabytes before the
// run starts.
const (
	mostRooms    = 1_000_000
	roomBounds   = "1 to 1000000"
	memberBounds = "up to 10000000"
)

func (f *Fan) plan() *load.Plan {
	sizes := make([]int, f.Rooms)
	for i := range sizes {
		sizes[i] = f.Members
	}
	return f.Traffic.plan(sizes, f.Senders, f.Rooms, f.Rate)
}

// Validate implements [Scenario].
func (f *Fan) Validate() error {
	err := broken(
		rule{"rooms", f.Rooms > 0 && f.Rooms <= mostRooms, roomBounds, f.Rooms},
		rule{"members", f.Members > 0 && f.Members <= load.MaxMembers/max(1, f.Rooms), "1 or more, in all rooms together " + memberBounds, f.Members},
		rule{"senders", f.Senders > 0 && f.Senders <= f.Members, "1 to the members of a room", f.Senders},
		f.steady(f.Rate),
	)
	if err == nil {
		err = f.Traffic.check()
	}
	if err != nil {
		return err
	}
	return f.plan().Check()
}

// Run implements [Scenario].
func (f *Fan) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	return f.run(ctx, d, f.plan(), cmp.Or(f.Title, "fan"), f)
}

// run measures p and returns the result of the named scenario.
func (t *Traffic) run(ctx context.Context, d *drive.Driver, p *load.Plan, name string, options any) (*Result, error) {
	r, watch, err := t.result(ctx, name, options)
	if err != nil {
		return nil, err
	}
	r.Stages = t.stages().stageFigures()
	_, err = r.measure(ctx, d, p, watch)
	return r.finish(ctx, err)
}
