package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"time"

	"plenum/cmd/plenum/internal/datadir"
	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// newBus returns the bus, which is the connection to the brokers. With --data, the broker is in this process. newBus
// returns nil if neither --cluster nor --data is set.
func (s *server) newBus(cfg settings.Serve, history rooms.History) (*natsbus.Bus, error) {
	config := natsbus.Config{URL: string(cfg.Cluster), Streams: cfg.ClusterStreams, History: history, Status: s.nodeStatus, Logger: s.log}
	if s.data != nil {
		config.Broker, config.LostUpTo = s.data, s.data.LostUpTo()
	}
	if config.URL == "" && config.Broker == nil {
		return nil, nil
	}
	return natsbus.New(config)
}

// openData opens the directory of --data; nil without it.
func openData(cfg settings.Serve, log *slog.Logger) (*datadir.Store, error) {
	if cfg.Data == "" {
		return nil, nil
	}
	return datadir.Open(datadir.Config{Dir: string(cfg.Data), Sync: cfg.DataSync, MaxMessage: int64(cfg.MaxMessage), Logger: log})
}

// dataTimeout bounds how long clients wait in the kernel's queue until the messages of --data can be read.
const dataTimeout = 10 * time.Second

// awaitData waits until the bus takes messages, if the broker is in this process. Clients that reconnect after a restart
// can then join at once.
func (s *server) awaitData(ctx context.Context) {
	if s.data == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, dataTimeout)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !s.bus.Up() && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
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
