package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"

	"plenum/bench/latency"
	"plenum/bench/observe"
	"plenum/bench/sequence"
	"plenum/bench/wsclient"
)

// Result is the result of one run. Its JSON form is one line. If messages were lost, duplicated
// or out of order, it has no latencies. If the run was held back, its latencies are those of
// the sent messages. Fields that a scenario does not use are absent in JSON.
//
// Counts include the warm-up. A delivery is one message at one member.
type Result struct {
	Scenario  string            `json:"scenario"`
	Target    string            `json:"target"` // name of the server
	Labels    map[string]string `json:"labels,omitempty"`
	StartedAt time.Time         `json:"started_at"`
	Seconds   float64           `json:"duration_seconds"` // from the first message to the end of the schedule, or to the last delivery if later
	Options   any               `json:"options"`
	// ScenarioFile is the file that the options come from. Options has what was used: flags and
	// variables have precedence.
	ScenarioFile *ScenarioFile `json:"scenario_file,omitempty"`

	Connections    int             `json:"connections"` // members at the start; idle: open at the end
	Sent           uint64          `json:"sent"`        // messages
	Delivered      uint64          `json:"delivered"`   // deliveries, each counted once
	sequence.Flaws                 // deliveries, by the numbers in the texts
	Missing        uint64          `json:"missing"`            // deliveries that had not arrived at the end of the drain
	Room           *sequence.Flaws `json:"room_seq,omitempty"` // deliveries, by the server's own numbers; nil if the server sends none
	Refused        uint64          `json:"refused"`            // due messages that were not sent because the backlog was full
	Unsent         uint64          `json:"unsent"`             // due messages that were not sent because the connection had ended
	Foreign        uint64          `json:"foreign"`            // deliveries of another room, or damaged
	Echoed         uint64          `json:"echoed,omitempty"`   // deliveries to their own sender, if it gets no copy
	Unnumbered     uint64          `json:"unnumbered"`         // deliveries without the server's number, if others have one
	Ended          uint64          `json:"ended"`              // connections that the server ended; slow members do not count

	Ends wsclient.EndCounts `json:"ends,omitempty"` // how those in Ended ended

	Rate       float64              `json:"deliveries_per_second"`
	Delivery   *latency.Percentiles `json:"delivery_ms,omitempty"`   // of all deliveries
	Completion *latency.Percentiles `json:"completion_ms,omitempty"` // of the last delivery of each message
	// SampledOneIn is the number of deliveries per latency recorded in Delivery.
	SampledOneIn int                `json:"sampled_one_in,omitempty"`
	Stages       []StageFigures     `json:"stages,omitempty"` // of the stages with a length
	Histograms   *Encoded           `json:"histograms,omitempty"`
	Server       *observe.ServerUse `json:"server,omitempty"`
	Broker       *observe.BrokerUse `json:"broker,omitempty"`
	Generator    *OwnUse            `json:"generator,omitempty"`

	Agents []AgentFigures `json:"agents,omitempty"` // the generators on other machines

	Machine *observe.MachineUse `json:"machine,omitempty"` // nil if there are agents

	HeldBack *HeldBackFigures `json:"held_back,omitempty"`
	Churn    *ChurnFigures    `json:"churn,omitempty"`
	Slow     *SlowFigures     `json:"slow,omitempty"`
	Idle     *IdleFigures     `json:"idle,omitempty"`
	Connect  *ConnectFigures  `json:"connect,omitempty"`
	Presence *PresenceFigures `json:"presence,omitempty"`
	Saturate *SaturateFigures `json:"saturate,omitempty"`

	Series []SeriesRow `json:"series,omitempty"` // figures over time

	Failures    []string            `json:"failures"` // errors of the server
	Valid       bool                `json:"valid"`    // false: INVALID, the generator may have caused the result
	Reasons     []string            `json:"reasons"`  // why the result is not valid
	Notes       []string            `json:"notes"`    // further remarks, which do not change the verdict
	Cut         bool                `json:"cut"`      // the run was interrupted
	FailIf      []FailIf            `json:"fail_if,omitempty"`
	Environment observe.Environment `json:"environment"`

	hosts map[string]netip.AddrPort // of the server, resolved; Options.result sets it
}

// ScenarioFile is a YAML file with a scenario and its options.
type ScenarioFile struct {
	Name    string `json:"name"` // without its folder
	Content string `json:"content"`
}

// Encoded has the latencies in microseconds as HdrHistograms, in base64 of the V2 compressed
// form.
type Encoded struct {
	Delivery   latency.Histogram `json:"delivery"`
	Completion latency.Histogram `json:"completion"`
}

// OwnUse is the resource use of the generator during a run, of all its processes together.
type OwnUse struct {
	Processes       int                  `json:"processes"`
	Loops           int                  `json:"loops"`                 // epoll loops per process
	CPU             float64              `json:"cpu_seconds"`           // processor time of all threads
	Cores           float64              `json:"cpu_cores"`             // processor seconds per second
	BusiestLoop     float64              `json:"busiest_loop"`          // share of the time that the busiest loop was not waiting, 0 to 1
	BusiestInterval float64              `json:"busiest_interval"`      // the largest such share in any 250 ms, of any loop
	CPUPerDelivery  float64              `json:"cpu_us_per_delivery"`   // processor time
	LagMs           *latency.Percentiles `json:"send_lag_ms,omitempty"` // how late messages left, compared with the schedule; of the messages of Delivery
	BatchMs         *latency.Percentiles `json:"batch_ms,omitempty"`    // how long a loop was away from its sockets, per round
	MaxPauseMs      float64              `json:"gc_pause_max_ms"`       // longest pause of the garbage collector
	Frames          uint64               `json:"frames"`                // received, of all kinds
	Bytes           uint64               `json:"bytes"`                 // received, as on the wire
	Pings           uint64               `json:"pings"`                 // received
}

// ChurnFigures are the figures of members that joined or left during a run.
type ChurnFigures struct {
	Joined    uint64               `json:"joined"`            // members that joined
	Left      uint64               `json:"left"`              // members that left
	NotJoined uint64               `json:"not_joined"`        // joins that the server refused
	JoinMs    *latency.Percentiles `json:"join_ms,omitempty"` // from the due time of a join to the end of its upgrade
}

// SlowFigures are the figures of the members that stopped reading.
type SlowFigures struct {
	Members   int    `json:"members"`          // that stopped reading
	Ended     uint64 `json:"ended"`            // of these, closed by the server; a member that came back and was closed again counts twice
	Stalls    uint64 `json:"stalls,omitempty"` // times that a member stopped reading, if they read again in between
	RSSGrowth int64  `json:"rss_growth_bytes"` // the server's RSSMax less its RSSOpen
}

// HeldBackFigures tell how long the senders were held back, warm-up included. A sender is held
// back if its socket takes no bytes because the server does not read them.
type HeldBackFigures struct {
	Late            uint64  `json:"late"`              // messages that were sent, but waited more than 100 ms for their socket
	ShareOfMessages float64 `json:"share_of_messages"` // share of all messages that were late or refused, 0 to 1
	Seconds         float64 `json:"seconds"`           // time in which a message of at least one sender was late
	ShareOfTime     float64 `json:"share_of_time"`     // the same as a share of the duration, 0 to 1
}

// Write writes the result to w as one line of JSON.
func (r *Result) Write(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// Failed reports whether the server lost, duplicated or reordered messages, ended connections,
// or failed in another way that Failures names.
func (r *Result) Failed() bool { return len(r.Failures) > 0 }

// WasHeldBack reports whether the server read from its senders more slowly than they sent, and
// nothing failed: every sent message arrived. It does not say which side was slow. If the generator
// may have been, the result is not Valid either.
func (r *Result) WasHeldBack() bool { return r.HeldBack != nil && !r.Failed() && !r.Cut }

// HeldBackText describes in one phrase how much was held back. It is empty if nothing was.
func (r *Result) HeldBackText() string {
	f := r.HeldBack
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%.3g %% of the messages (%d not sent, %d late), for %.2f s, %.3g %% of the time",
		100*f.ShareOfMessages, r.Refused, f.Late, f.Seconds, 100*f.ShareOfTime)
}
