package main

import (
	"net"
	"os"

	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// newBus returns the bus of the cluster, which is the connection to the brokers. It returns nil if --cluster is not set.
func (s *server) newBus(cfg settings.Serve, history rooms.History) (*natsbus.Bus, error) {
	if cfg.Cluster == "" {
		return nil, nil
	}
	return natsbus.New(natsbus.Config{URL: string(cfg.Cluster), History: history, Status: s.nodeStatus, Logger: s.log})
}

// nodeStatus is the Status function of the bus. It is a method of server because the bus is created before s.admin.
func (s *server) nodeStatus() []byte { return s.admin.NodeStatus() }

// nodeName returns the name of this node on the operations pages: the host name and the public port.
func nodeName(public net.Listener) string {
	host, err := os.Hostname()
	if err != nil {
		return public.Addr().String()
	}
	_, port, _ := net.SplitHostPort(public.Addr().String()) // never an error: the address of a TCP listener
	return net.JoinHostPort(host, port)
}
