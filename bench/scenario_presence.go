package bench

import (
	"context"
	"fmt"
	"time"

	"plenum/bench/clock"
	"plenum/bench/drive"
	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
	"plenum/bench/speak"
)

// Presence lets users join one presence channel of the Pusher Channels protocol. All connections are open before. Then
// they subscribe by an open-loop schedule, each as a user of its own. Every user must receive the list of users with itself
// in it, and up to List users the list must be complete.
type Presence struct {
	Options `embed:""` // Duration bounds the time until the last list
	Members int        `json:"members" name:"connections" aliases:"members" default:"10000" help:"Connections of the one room: each is a user that joins, 1 or more."`
	Rate    float64    `json:"rate" default:"2000" help:"Subscriptions per second, more than 0."`
	Stage   []Stage    `json:"stages,omitempty" placeholder:"DURATION:RATE" without:"rate,connections" help:"Subscriptions over time, in place of --rate and --connections: the rate rises or falls evenly to RATE within DURATION. The first stage begins at 0. A stage of 0s jumps. Repeat it for each stage. As many users join as are due."`
	List    int        `json:"list" default:"1000" help:"The server's --presence-list, 1 or more: up to that many users a list must be complete. That many users that join first are counted apart."`
	Info    int        `json:"info" default:"32" help:"Size of each user's user_info in bytes, 11 to 64."`
	Settle  Duration   `json:"settle" default:"${settle}" help:"Wait for the server after the last connection: of idle before each measurement, of presence before the end. 0s or more."`
}

// PresenceFigures are the figures of the joins.
type PresenceFigures struct {
	Joined       uint64               `json:"joined"`            // users that received the list
	Seconds      float64              `json:"seconds"`           // from the first subscription to the last list
	JoinMs       *latency.Percentiles `json:"join_ms,omitempty"` // from the due time of a subscription to the list
	ListBytes    float64              `json:"list_bytes"`        // mean size of a list
	ListBytesMax uint64               `json:"list_bytes_max"`
	CPUPerJoin   float64              `json:"server_cpu_us_per_join"` // the server's processor time
	First        Received             `json:"first"`                  // the users that joined first, Presence.List of them
	Later        Received             `json:"later"`                  // the others
}

// Received is what some users received after their subscriptions.
type Received struct {
	Members   int     `json:"members"`
	Frames    float64 `json:"frames_per_member"` // messages, the list included
	Bytes     float64 `json:"bytes_per_member"`  // of these messages
	FramesMax uint64  `json:"frames_max"`        // of one member
	BytesMax  uint64  `json:"bytes_max"`         // of one member
}

// Validate implements [Scenario].
func (s *Presence) Validate() error {
	room := drive.MaxConnections()
	if err := stages(s.Stage).check(); err != nil {
		return err
	}
	err := broken(
		rule{"speak", s.Speak == speak.Pusher, "pusher", s.Speak},
		rule{s.usersFlag(), s.users() > 0 && s.users() <= room, fmt.Sprintf("1 to %d users, by the descriptor limit", room), s.users()},
		rule{"rate", s.Rate > 0 || len(s.Stage) > 0, "more than 0", s.Rate},
		rule{"list", s.List > 0, "1 or more", s.List},
		rule{"info", s.Info >= len(infoStart)+len(infoEnd) && s.Info <= 64, "11 to 64", s.Info},
		rule{"settle", s.Settle >= 0, "0s or more", time.Duration(s.Settle)},
	)
	if err != nil {
		return err
	}
	return s.Options.check()
}

// users returns the number of users that join: as many as are due in the stages, if there are any.
func (s *Presence) users() int {
	if len(s.Stage) > 0 {
		return load.Schedule{Ramps: stages(s.Stage).ramps(1)}.Hits(stages(s.Stage).length())
	}
	return s.Members
}

// usersFlag returns the flag that gives the number of users.
func (s *Presence) usersFlag() string {
	if len(s.Stage) > 0 {
		return "stage"
	}
	return "connections"
}

// Run implements [Scenario].
func (s *Presence) Run(ctx context.Context, d *drive.Driver) (*Result, error) {
	r, watch, err := s.result(ctx, "presence", s)
	if err != nil {
		return nil, err
	}
	n, err := s.newcomers()
	if err != nil {
		return nil, err
	}
	defer n.group.stop()
	d.During(n.group.opening("opening", s.Members), func() { err = n.open(ctx) })
	if err == nil && awaitIdle(ctx, d, watch) {
		s.measure(ctx, d, r, watch, n)
	}
	return r.finish(ctx, err)
}

// measure lets all users join, and fills r.
func (s *Presence) measure(ctx context.Context, d *drive.Driver, r *Result, watch *observe.Server, n *newcomers) {
	watch.Begin(ctx)
	before := load.OwnUsage(n.group.pool)
	n.start.Store(clock.Monotonic())
	d.During(n.joining, func() { n.join(ctx) })
	d.During(n.group.lasting("settling", time.Duration(s.Settle)), func() {
		_ = clock.Sleep(ctx, time.Duration(s.Settle)) // ctx is checked by finish
	})
	used := load.OwnUsage(n.group.pool).Since(before)
	r.Server = watch.End(0)
	n.group.stop()

	r.Seconds = time.Duration(used.At).Seconds()
	r.Connections = len(n.all)
	r.endedBy(n.group)
	r.Generator = own(used, 1, s.loops(), 0)
	r.Presence, r.Stages = n.figures(s.List), n.stageFigures()
	if r.Server != nil {
		r.Server.Cores = observe.Per(r.Server.CPU, r.Seconds)
		r.Presence.CPUPerJoin = observe.Per(r.Server.CPU*1e6, float64(r.Presence.Joined))
	}
	r.Machine = r.machine(used.Machine, r.Seconds)
	if missing := uint64(len(n.all)) - r.Presence.Joined; missing > 0 && ctx.Err() == nil {
		r.Failures = append(r.Failures, fmt.Sprintf("%d users without a list", missing))
	}
	if bad := n.damaged.Load(); bad > 0 {
		r.Failures = append(r.Failures, fmt.Sprintf("%d lists without their own user, or not complete", bad))
	}
}
