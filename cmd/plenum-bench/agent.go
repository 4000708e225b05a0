package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/alecthomas/kong"

	"plenum/bench/agent"
	"plenum/bench/drive"
)

// agentFlags are the options of plenum-bench agent.
type agentFlags struct {
	Listen string `default:"127.0.0.1:9191" placeholder:"HOST:PORT" help:"Address at which the agent waits for a leader. Whoever knows the secret can direct load to any server from here: choose an address of a network that you trust."`
}

// identity returns the build of this process and the secret from the environment. This process and its
// agents must have both in common.
func identity(env func(string) (string, bool)) agent.Identity {
	secret, _ := env(agent.SecretVariable)
	return agent.Identity{Build: version(), Secret: secret}
}

// checkSecret returns a usageError if a run has agents and its secret is too short for them.
func checkSecret(ctx *kong.Context, id agent.Identity) error {
	for _, flag := range ctx.Flags() {
		agents, _ := ctx.FlagValue(flag).([]string)
		if flag.Name != "agent" || len(agents) == 0 {
			continue
		}
		if err := id.Check(); err != nil {
			return &usageError{"--agent: " + err.Error()}
		}
	}
	return nil
}

// runAgent serves leaders until ctx ends.
func runAgent(ctx context.Context, f *agentFlags, id agent.Identity, stderr io.Writer) error {
	if err := id.Check(); err != nil {
		return &usageError{err.Error()}
	}
	l, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return &usageError{fmt.Sprintf("--listen: %v", err)}
	}
	log := func(text string) { fmt.Fprintln(stderr, text) }
	log("agent listens at " + l.Addr().String())
	a := &agent.Agent{Identity: id, Work: drive.Work, Log: log}
	return a.Serve(ctx, l)
}
