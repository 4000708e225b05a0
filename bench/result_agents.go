package bench

import (
	"fmt"
	"net"
	"time"

	"plenum/bench/latency"
	"plenum/bench/load"
	"plenum/bench/observe"
)

// AgentFigures are the figures of a generator on another machine. Its latencies are by its own clock, which it has shifted
// to that of the leading generator.
type AgentFigures struct {
	Address     string  `json:"address"`
	Delivered   uint64  `json:"delivered"`
	Usable      int     `json:"usable_cores"`       // cores that the agent may use
	Cores       float64 `json:"cpu_cores"`          // processor use of the agent
	BusyCores   float64 `json:"busy_cores"`         // processor use of its whole machine, also by the server if that runs there
	BusiestLoop float64 `json:"busiest_loop"`       // share of the time that its busiest loop was not waiting, 0 to 1
	DriftMs     float64 `json:"clock_drift_ms"`     // by which its clock moved against the leader's during the run
	UncertainMs float64 `json:"clock_uncertain_ms"` // the most by which the two clocks may have differed
}

// agentFigures returns the figures of the agents of a run.
func agentFigures(whole *load.Outcome) (all []AgentFigures) {
	for _, a := range whole.Agents {
		over := time.Duration(a.Usage.At).Seconds()
		all = append(all, AgentFigures{
			Address: a.Address, Delivered: a.Delivered, Usable: a.Usage.Cores,
			Cores: observe.Per(a.Usage.CPU.Seconds(), over), BusyCores: observe.Per(a.Usage.Machine.Busy.Seconds(), over),
			BusiestLoop: observe.Per(a.Usage.Busy.Seconds(), over),
			DriftMs:     latency.Millis(a.Drift), UncertainMs: latency.Millis(a.Uncertain),
		})
	}
	return all
}

// uncertainPart is the share of a latency by which the clocks of two generators may differ.
const uncertainPart = 0.5

// uncertain returns the most by which the clocks of two agents may have differed, in milliseconds.
func (r *Result) uncertain() float64 {
	var first, second float64 // the two most uncertain clocks
	for _, a := range r.Agents {
		switch {
		case a.UncertainMs > first:
			first, second = a.UncertainMs, first
		case a.UncertainMs > second:
			second = a.UncertainMs
		}
	}
	return first + second
}

// judgeAgents adds why agents may have caused the result, and what readers must know about it.
func (r *Result) judgeAgents() {
	if len(r.Agents) == 0 {
		return
	}
	for _, a := range r.Agents {
		if cores := float64(min(a.Usable, r.Generator.Loops)); a.Cores > fullLoop*cores {
			r.Reasons = append(r.Reasons, fmt.Sprintf("the agent %s used %.2f cores of the %.0f its loops can use", a.Address, a.Cores, cores))
		}
	}
	if len(r.Agents) == 1 { // one clock
		return
	}
	u := r.uncertain()
	if r.Delivery != nil && u > uncertainPart*r.Delivery.P50 {
		r.Reasons = append(r.Reasons, fmt.Sprintf("the clocks of the agents may differ by %.3f ms, of a latency of p50 %.3f ms", u, r.Delivery.P50))
	}
	r.Notes = append(r.Notes, fmt.Sprintf("%d generators measured, each by its own clock: latencies between two of them may be wrong by up to %.3f ms", len(r.Agents), u))
}

// checkAgents returns an error if an address cannot be that of an agent, or is given twice.
func checkAgents(addresses []string) error {
	seen := map[string]bool{}
	for _, address := range addresses {
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" {
			return fmt.Errorf("--agent: must be a host and a port, such as 10.0.0.7:9191, got %q", address)
		}
		if seen[address] {
			return fmt.Errorf("--agent: %s is given twice", address)
		}
		seen[address] = true
	}
	return nil
}
