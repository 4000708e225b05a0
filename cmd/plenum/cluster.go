package main

import (
	"net"
	"os"

	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// newBus makes this node's part in a cluster; nil where there is none.
func (s *server) newBus(cfg settings.Serve, history rooms.History) (*natsbus.Bus, error) {
	if cfg.Cluster == "" {
		return nil, nil
	}
	return natsbus.New(natsbus.Config{URL: string(cfg.Cluster), History: history, Status: s.nodeStatus, Logger: s.log})
}

// nodeStatus is for natsbus.Config: the bus is made before the admin.
func (s *server) nodeStatus() []byte { return s.admin.NodeStatus() }

// nodeName is what this node is called on the operations page.
func nodeName(public net.Listener) string {
	host, err := os.Hostname()
	if err != nil {
		return public.Addr().String()
	}
	_, port, _ := net.SplitHostPort(public.Addr().String()) // it is host:port
	return net.JoinHostPort(host, port)
}
