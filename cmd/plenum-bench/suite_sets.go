package main

import (
	"context"
	"fmt"
	"path/filepath"

	"plenum/bench/suite"
)

// choose returns the entries of --only in the set that the flags name, or all of its entries.
func (f *suiteFlags) choose() ([]suite.Entry, error) {
	switch {
	case f.Cluster:
		return suite.ChooseClustered(f.Only)
	case f.Channels:
		return suite.ChooseChannelled(f.Only)
	case f.Quick:
		return suite.ChooseQuick(f.Only)
	}
	return suite.ChooseEntries(f.Only)
}

// allTargets returns all servers of the set that the flags name. broker is the path of the NATS server for --cluster.
func (f *suiteFlags) allTargets(ctx context.Context, broker string) (all []suite.Target, err error) {
	of := "--peers"
	switch {
	case f.Cluster:
		of = "--cluster"
		all, err = suite.ClusterTargets(ctx, f.Server, broker)
	case f.Channels:
		of = "--channels"
		all, err = suite.ChannelsTargets(f.Server)
	default:
		all, err = suite.Targets(f.Server, f.Peers)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", of, err)
	}
	return all, nil
}

// out returns the folder of the results. Each set other than the published one has a folder of its own.
func (f *suiteFlags) out() string {
	switch {
	case f.Quick && f.Out == publishedFolder:
		return quickFolder
	case f.Quick:
		return f.Out
	case f.Cluster:
		return filepath.Join(f.Out, "cluster")
	case f.Channels:
		return filepath.Join(f.Out, "channels")
	}
	return f.Out
}
