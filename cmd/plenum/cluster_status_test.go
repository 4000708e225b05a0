package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/admin"
)

// clusterStatus is the part of GET /status about the cluster that tests read.
type clusterStatus struct {
	Node        string
	Up          bool
	Rooms       int
	Batches     uint64
	Messages    uint64
	Conflicts   uint64
	Reads       uint64
	BacklogFull uint64 `json:"backlog_full"`
	Dropped     uint64
	Ended       uint64
	Downs       uint64
	Rollbacks   uint64
	Nodes       []admin.ClusterNode
}

// nodeStatus is the status of a node as tests read it.
type nodeStatus struct {
	Version     string `json:"version"`
	Ready       string `json:"ready"`
	Connections int    `json:"connections"`
	Max         int    `json:"connections_max"`
	Rooms       int    `json:"rooms"`
	Members     int    `json:"members"`
	Lagging     int    `json:"members_behind"`
	Published   uint64 `json:"published"`
	Deliveries  uint64 `json:"deliveries"`
}

// reported decodes the status of a node. It returns the zero value if the node has not answered.
func reported(n admin.ClusterNode) (status nodeStatus) {
	_ = json.Unmarshal(n.Status, &status)
	return status
}

// areAllReady reports whether the cluster has this number of nodes, all are ready, and they have this number of
// members together.
func areAllReady(c *clusterStatus, nodes, members int) bool {
	for _, n := range c.Nodes {
		node := reported(n)
		if node.Ready != admin.Ready {
			return false
		}
		nodes, members = nodes-1, members-node.Members
	}
	return c.Up && nodes == 0 && members == 0
}

func TestStatusOfANodeListsAllNodes(t *testing.T) {
	t.Parallel()
	nodes := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 3, "--announce-limit=-1", "--max-conns=100")
	for i, s := range nodes {
		for k := range i {
			dial(t, s, fmt.Sprintf("/ws/chat/a?username=m%d%d", i, k))
		}
	}
	var ids []string
	for i, s := range nodes {
		var cluster *clusterStatus
		require.Eventually(t, func() bool {
			cluster = s.status(t).Cluster
			return areAllReady(cluster, 3, 3)
		}, wait, tick)
		these := 0
		for _, n := range cluster.Nodes {
			node := reported(n)
			assert.Equal(t, nodeStatus{
				Version: version(), Ready: admin.Ready, Connections: node.Members, Max: 100,
				Rooms: min(node.Members, 1), Members: node.Members,
			}, node)
			if n.This {
				these++
				assert.Equal(t, cluster.Node, n.ID)
				assert.Equal(t, i, node.Members)
				assert.Contains(t, n.Name, address(s.url)[len("127.0.0.1"):])
			}
		}
		assert.Equal(t, 1, these)
		ids = append(ids, cluster.Node)
	}
	slices.Sort(ids)
	assert.Len(t, slices.Compact(ids), 3)
}

func TestStatusAndMetricsReportTheSameCountersOfTheBus(t *testing.T) {
	t.Parallel()
	s := startNodes(t, startBroker(t, 0, t.TempDir()).ClientURL(), 1, "--announce-limit=-1")[0]
	a := dial(t, s, "/ws/chat/a?username=Alex")
	a.sends("hi")
	a.receives(`{"sender":"Alex","text":"hi","room":"a","timestamp":T,"seq":1}`)
	now := s.status(t).Cluster
	for series, value := range map[string]any{
		"up": 1, "nodes": len(now.Nodes), "rooms": now.Rooms, "batches_total": now.Batches, "messages_total": now.Messages,
		"conflicts_total": now.Conflicts, "reads_total": now.Reads, "backlog_full_total": now.BacklogFull, "dropped_total": now.Dropped,
		"ended_total": now.Ended, "downs_total": now.Downs, "rollbacks_total": now.Rollbacks,
	} {
		assert.Equal(t, fmt.Sprint(value), s.metric(t, "plenum_bus_"+series), series)
	}
	assert.Equal(t, 1, now.Rooms)
	assert.EqualValues(t, 1, now.Messages)
	assert.Positive(t, now.Batches)
}

func TestWithoutAClusterStatusAndMetricsHaveNoClusterSection(t *testing.T) {
	t.Parallel()
	s := start(t)
	assert.Nil(t, s.status(t).Cluster)
	_, metrics := get(t, s.admin+"/metrics")
	assert.NotContains(t, metrics, "plenum_bus_")
}

func TestANodeReportsThatTheBusIsAway(t *testing.T) {
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	s := startNodes(t, broker.ClientURL(), 1)[0]
	broker.Shutdown()
	require.Eventually(t, func() bool { return !s.status(t).Cluster.Up }, wait, tick)
	now := s.status(t).Cluster
	require.Len(t, now.Nodes, 1)
	assert.Equal(t, admin.BusAway, reported(now.Nodes[0]).Ready)
	assert.Positive(t, now.Downs)
	assert.Equal(t, "0", s.metric(t, "plenum_bus_up"))
}
