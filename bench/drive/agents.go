package drive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"plenum/bench/agent"
	"plenum/bench/load"
)

// agentWorker is a worker on another machine, with a clock of its own.
type agentWorker struct {
	remoteWorker
	address string
	clock   agreement
}

// connectAgents connects to the agents at the addresses and shifts their clocks. If one of them fails, it
// stops the others.
func (d *Driver) connectAgents(ctx context.Context, addresses []string) (all []worker, err error) {
	if err := d.Identity.Check(); err != nil {
		return nil, fmt.Errorf("--agent: %w", err)
	}
	defer func() {
		if err != nil {
			for _, w := range all {
				w.stop()
			}
			all = nil
		}
	}()
	for _, address := range addresses {
		c, err := agent.Dial(ctx, address, d.Identity)
		if err != nil {
			return all, fmt.Errorf("bench: %w", err)
		}
		w := &agentWorker{address: address}
		w.name, w.in, w.out = "agent "+address, input{c}, json.NewDecoder(c)
		all = append(all, w)
		if w.clock, err = agree(ctx, w); err != nil {
			return all, err
		}
	}
	return all, nil
}

// releaseTime is the longest wait for an agent to close the connections of its members.
const releaseTime = 10 * time.Second

// input is the writing half of a connection to an agent.
type input struct{ *agent.Conn }

// Close ends the agent's work, and waits until the agent can be used again.
func (i input) Close() error {
	defer i.Conn.Close()
	half, ok := i.Conn.Conn.(*net.TCPConn)
	if !ok || half.CloseWrite() != nil {
		return nil // the connection has ended already
	}
	_ = i.SetReadDeadline(time.Now().Add(releaseTime))
	_, err := io.Copy(io.Discard, i.Conn)
	return err
}

// agentsUsed returns the figures of the agents, without those of their clocks. It returns nil if there are
// no agents.
func (l *leader) agentsUsed(answers []answer) (used []load.AgentUse) {
	for i, address := range l.plan.Agents {
		o := answers[i].Outcome
		used = append(used, load.AgentUse{Address: address, Delivered: o.Delivered, Usage: o.Usage})
	}
	return used
}

// clockTime bounds the time in which the clocks of all agents are read after a run.
const clockTime = 10 * time.Second

// checkClocks adds to used how well the clocks agreed during the run.
func (l *leader) checkClocks(used []load.AgentUse) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), clockTime, errors.New("no answer of an agent"))
	defer cancel()
	for i := range used {
		w := l.workers[i].(*agentWorker) // the workers of a plan with agents are agents
		var err error
		if used[i].Drift, used[i].Uncertain, err = w.clock.drift(ctx, w); err != nil {
			return err
		}
	}
	return nil
}
