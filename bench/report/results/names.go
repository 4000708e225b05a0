package results

import (
	"errors"
	"fmt"
	"slices"

	"plenum/bench/suite"
)

// ClusterFolder is the folder with the results of clusters, within the folder of results.
const ClusterFolder = "cluster"

// ChannelsFolder is the folder with the results of clients of the Pusher Channels protocol, within the folder of results.
const ChannelsFolder = "channels"

// Channels is the name of the target whose clients speak the Pusher Channels protocol. Those of the target plenum are
// native clients of the same server.
const Channels = suite.ChannelsName

// knownNames are the entries and targets that a folder of results may have. Empty lists allow
// every name: people measure servers and loads of their own.
type knownNames struct{ entries, targets []string }

func (n knownNames) check(entry string) error {
	if len(n.entries) > 0 && !slices.Contains(n.entries, entry) {
		return errors.New("the suite has no entry of this name")
	}
	return nil
}

func (n knownNames) checkTarget(target string) error {
	if len(n.targets) > 0 && !slices.Contains(n.targets, target) {
		return fmt.Errorf("unknown target %q", target)
	}
	return nil
}

// namesOfClusters are the entries and targets of the folder of clusters.
var namesOfClusters = knownNames{clusterEntries(), clusterNames()}

func clusterEntries() (ids []string) {
	for _, e := range suite.Clustered() {
		ids = append(ids, e.ID)
	}
	return ids
}

func clusterNames() []string {
	names := []string{suite.ClusterName(0)}
	for _, n := range suite.ClusterNodes {
		names = append(names, suite.ClusterName(n))
	}
	return names
}

// namesOfChannels are those of the folder of channels.
var namesOfChannels = knownNames{ChannelledEntries(), []string{Plenum, Channels}}

// ChannelledEntries returns the IDs of the entries of channels.
func ChannelledEntries() (ids []string) {
	for _, e := range suite.Channelled() {
		ids = append(ids, e.ID)
	}
	return ids
}
