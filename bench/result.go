package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
)

// Result is one run, written as one line of JSON. A run that lost, doubled or
// disordered a message has no latencies. Those of a run that was held back are of the
// messages that were sent. Fields that a scenario has no use for are left out.
type Result struct {
	Scenario  string            `json:"scenario"`
	Target    string            `json:"target"` // the server's name
	Labels    map[string]string `json:"labels,omitempty"`
	StartedAt time.Time         `json:"started_at"`
	Seconds   float64           `json:"duration_seconds"` // to the schedule's end, or the last delivery where that was later
	Options   any               `json:"options"`

	Connections    int             `json:"connections"`
	Sent           uint64          `json:"sent"`
	Delivered      uint64          `json:"delivered"` // new ones; of all members
	sequence.Flaws                 // by the numbers in the texts
	Missing        uint64          `json:"missing"`            // had not come when the wait at the end was over
	Room           *sequence.Flaws `json:"room_seq,omitempty"` // by the server's own numbers
	Refused        uint64          `json:"refused"`            // messages that were not sent, because the server did not read
	Unsent         uint64          `json:"unsent"`             // messages that were not sent, because the connection had ended
	Foreign        uint64          `json:"foreign"`            // messages that belong to another room
	Unnumbered     uint64          `json:"unnumbered"`         // messages that lack the server's number
	Ended          uint64          `json:"ended"`              // connections that the server ended

	Rate       float64              `json:"deliveries_per_second"`
	Delivery   *latency.Percentiles `json:"delivery_ms,omitempty"`   // each delivery
	Completion *latency.Percentiles `json:"completion_ms,omitempty"` // the last delivery of each message
	// SampledOneIn is how many deliveries one latency in Delivery stands for.
	SampledOneIn int                `json:"sampled_one_in,omitempty"`
	Histograms   *Encoded           `json:"histograms,omitempty"`
	Server       *observe.ServerUse `json:"server,omitempty"`
	Broker       *observe.BrokerUse `json:"broker,omitempty"`
	Generator    *OwnUse            `json:"generator,omitempty"`

	Machine *observe.MachineUse `json:"machine,omitempty"`

	HeldBack *HeldBackFigures `json:"held_back,omitempty"`
	Churn    *ChurnFigures    `json:"churn,omitempty"`
	Slow     *SlowFigures     `json:"slow,omitempty"`
	Idle     *IdleFigures     `json:"idle,omitempty"`
	Connect  *ConnectFigures  `json:"connect,omitempty"`
	Saturate *SaturateFigures `json:"saturate,omitempty"`

	Failures    []string            `json:"failures"` // what the server did wrong
	Valid       bool                `json:"valid"`    // false: INVALID, the generator could have made the result
	Reasons     []string            `json:"reasons"`  // why it is not valid
	Notes       []string            `json:"notes"`
	Cut         bool                `json:"cut"` // ended before its time
	Environment observe.Environment `json:"environment"`
}

// Encoded are histograms of microseconds in HdrHistogram's V2 compressed form, base64.
type Encoded struct {
	Delivery   latency.Histogram `json:"delivery"`
	Completion latency.Histogram `json:"completion"`
}

// OwnUse is what the generator saw of itself over the run.
type OwnUse struct {
	Processes int                  `json:"processes"`
	Loops     int                  `json:"loops"` // of each process
	CPU       float64              `json:"cpu_seconds"`
	Share     float64              `json:"cpu_cores"`
	LoopBusy  float64              `json:"busiest_loop"`     // part of the time that it was not waiting
	Fullest   float64              `json:"busiest_interval"` // the largest such part of a quarter of a second, of any loop
	Each      float64              `json:"cpu_us_per_delivery"`
	LagMs     *latency.Percentiles `json:"send_lag_ms,omitempty"` // how late messages left
	BatchMs   *latency.Percentiles `json:"batch_ms,omitempty"`    // how long a loop was away from its sockets
	PauseMs   float64              `json:"gc_pause_max_ms"`
	Frames    uint64               `json:"frames"`
	Bytes     uint64               `json:"bytes"`
	Pings     uint64               `json:"pings"`
}

// ChurnFigures are of members who came and went.
type ChurnFigures struct {
	Joined    uint64               `json:"joined"`
	Left      uint64               `json:"left"`
	NotJoined uint64               `json:"not_joined"`
	JoinMs    *latency.Percentiles `json:"join_ms,omitempty"` // from when the join was due to the upgrade's end
}

// SlowFigures are of members who stopped reading.
type SlowFigures struct {
	Members   int    `json:"members"`
	Ended     uint64 `json:"ended"` // by the server
	RSSGrowth int64  `json:"rss_growth_bytes"`
}

// HeldBackFigures are of senders whose sockets took nothing because the server did not
// read them. All of the run counts, the warm-up too.
type HeldBackFigures struct {
	Late     uint64  `json:"late"`              // messages that were sent, but waited more than 100 ms for their socket
	Messages float64 `json:"share_of_messages"` // that were late or Refused
	Seconds  float64 `json:"seconds"`           // in which a message of at least one sender was late
	Time     float64 `json:"share_of_time"`     // the same, as a part of the duration
}

// Write appends the result to w.
func (r *Result) Write(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// Failed tells whether the server did something wrong.
func (r *Result) Failed() bool { return len(r.Failures) > 0 }

// WasHeldBack tells whether the server read its senders later than they sent, and did
// nothing wrong: everything that was sent arrived. It says nothing of who was slow. If
// the generator could have been, the result is not Valid either.
func (r *Result) WasHeldBack() bool { return r.HeldBack != nil && !r.Failed() && !r.Cut }

// HeldBackText says how much was held back; empty: nothing was.
func (r *Result) HeldBackText() string {
	f := r.HeldBack
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%.3g %% of the messages (%d not sent, %d late), for %.2f s, %.3g %% of the time",
		100*f.Messages, r.Refused, f.Late, f.Seconds, 100*f.Time)
}
