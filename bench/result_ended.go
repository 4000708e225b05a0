package bench

import (
	"context"

	"plenum/bench/observe"
)

// endedBy fills in which connections of g the server has ended.
func (r *Result) endedBy(g *group) {
	r.Ended, r.Ends = g.ended.Load(), g.ends.Counts()
	if first := g.ends.First(); first != "" {
		r.Notes = append(r.Notes, "the first connection to end: "+first)
	}
}

// endedProcess returns err, unless the server's process has ended. Then that is a failure of the server, and the figures so far
// are its result.
func (r *Result) endedProcess(ctx context.Context, watch *observe.Server, err error) error {
	if ctx.Err() != nil || !watch.Gone() {
		return err
	}
	r.Failures = append(r.Failures, "the server's process ended during the run")
	return nil
}

// howEnded describes how the connections in Ended ended. It is empty if that is unknown.
func (r *Result) howEnded() string {
	if len(r.Ends) == 0 {
		return ""
	}
	return ": " + r.Ends.String()
}
