package main

import (
	"cmp"
	"log/slog"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/admin"
	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/datadir"
	"plenum/cmd/plenum/internal/memory"
	"plenum/cmd/plenum/internal/routes"
	"plenum/cmd/plenum/internal/settings"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec"
	"plenum/engine"
	"plenum/engine/zerocopy"
	"plenum/rooms"
)

// newServer creates a server and all its parts. It starts nothing. level is the level of log. data is the open directory
// of --data, or nil.
func newServer(cfg settings.Serve, log *slog.Logger, level *slog.LevelVar, data *datadir.Store) (*server, error) {
	s := &server{cfg: cfg, log: log, level: level, data: data, memory: memory.New(cfg.MemoryLimit, log)}
	s.overloads, s.guard, s.apps = newOverloadLog(log), access.New(log), new(apps.Registry)
	s.webhooks = webhook.New(webhook.Config{Logger: log})
	blocks, chunks := logMemory(log)
	history, rules := s.history(), cfg.RoomRules()
	config := rooms.Config{
		Chunks: chunks, MaxRooms: cfg.MaxRooms, AnnounceLimit: cfg.AnnounceLimit, Anonymous: access.AnonymousName, Gap: codec.AppendGap,
		History: rules.History(history), Observer: s.roomObserver(), Announcer: rules.Announcer(),
	}
	s.guard.OnlyAPI(rules.OnlyAPI)
	var err error
	if s.bus, err = s.newBus(cfg, config.History); err != nil {
		return nil, err
	}
	s.rooms, s.directory = s.newSharedHub(config, "")
	s.lobby = s.newHub(rooms.Config{Chunks: chunks, AnnounceLimit: -1, Frame: codec.AppendText, Gap: codec.AppendTextGap})
	s.newChannelHub(chunks, history)
	if s.engine, err = s.newEngine(blocks); err != nil {
		return nil, err
	}
	s.admin, s.routes, s.channels = s.newAdmin(), s.newRoutes(), s.newChannels()
	return s, s.apply(cfg)
}

func (s *server) newAdmin() *admin.Admin {
	return admin.New(admin.Config{
		Version: version(), Cores: cores,
		Engine: s.engine, Hubs: s.hubs(), Bus: s.bus, Memory: s.memory,
		CertificateEnd: s.certificateEnd, Refused: s.guard.Refused, Keys: s.keys.Stats, Apps: s.apps.Labelled, Webhooks: s.webhooks.Stats,
		API: api.New(api.Config{
			Guard: s.guard, Directory: s.directory, Publisher: s.rooms, MaxMessage: s.cfg.MaxMessage, Keys: &s.keys,
			Operators: true, Channels: s.operatorsChannels(),
		}),
		Logger: s.log,
	})
}

func (s *server) newRoutes() *routes.Routes {
	return routes.New(routes.Config{
		Engine: s.engine, Guard: s.guard, Rooms: s.rooms, Lobby: s.lobby, Directory: s.directory, Cluster: s.bus != nil,
		MaxRoomsPerConn: s.cfg.MaxRoomsPerConn, Logger: s.log,
	})
}

// history returns the limits of the rooms' history. The history takes at most a quarter of the memory limit, so
// that enough memory remains for connections.
func (s *server) history() rooms.History {
	budget := int64(s.cfg.HistoryMemory)
	if limit := s.memory.Limit(); limit > 0 && budget > limit/4 {
		budget = limit / 4
		s.log.Info("history: less memory used than --history-memory allows, because it is limited to a quarter of the memory limit", "bytes", budget, "configured", int64(s.cfg.HistoryMemory), "memory_limit", limit)
	}
	return rooms.History{Messages: s.cfg.HistoryMessages, Announcements: s.cfg.HistoryAnnounced, Age: int64(s.cfg.HistoryAge / time.Second), Memory: budget}
}

// newSharedHub creates a hub. If there is a bus, all nodes share the rooms of this hub. newSharedHub also returns the directory
// of these rooms. share is the name of the hub's share of the bus.
func (s *server) newSharedHub(config rooms.Config, share string) (*rooms.Hub, directory) {
	if s.bus == nil {
		hub := s.newHub(config)
		return hub, rooms.NewLocalDirectory(hub)
	}
	part := s.bus.Share(share)
	config.Bus = part
	hub := s.newHub(config)
	return hub, part.Attach(hub)
}

// newHub creates a hub. It adds the settings that all hubs share to config.
func (s *server) newHub(config rooms.Config) *rooms.Hub {
	config.Overloaded = s.overloaded
	config.Workers, config.WriteDelay, config.SlowLag = cores, s.cfg.WriteDelay, int64(s.cfg.SlowLag)
	if s.cfg.SlowPolicy != "skip" {
		config.Gap = nil
	}
	return rooms.New(config)
}

func (s *server) newEngine(blocks *zerocopy.Pool) (*engine.Engine, error) {
	period := s.cfg.PingPeriod
	if period == 0 {
		period = -1 // off
	}
	return engine.New(engine.Config{
		Pollers:          cmp.Or(s.cfg.Pollers, cores),
		MaxConns:         s.cfg.MaxConns,
		MaxPerClient:     s.cfg.MaxConnsPerIP,
		Busy:             s.memory.Short,
		NonBlocking:      s.nonBlocking(),
		MaxMessage:       int(s.cfg.MaxMessage),
		MaxBacklog:       int(s.cfg.SlowLag),
		PingPeriod:       period,
		PingTimeout:      s.cfg.PingTimeout,
		HandshakeTimeout: s.cfg.HandshakeTimeout,
		IdleTimeout:      s.cfg.IdleTimeout,
		AllowOrigin:      s.allowOrigin,
		Farewell:         s.farewell,
		Blocks:           blocks,
		TLS:              s.tlsConfig(),
		Extensions:       extensions(s.cfg),
		Logger:           s.log,
	})
}

// logBlocks is the number of blocks of 256 KiB that the message logs of busy rooms share. If all are in use, further
// blocks come from the heap.
const logBlocks = 256

// logMemory returns the memory for the message logs of busy rooms. The two results are the same pool, for the engine and
// for the rooms. Both are nil if the kernel does not provide the memory.
func logMemory(log *slog.Logger) (*zerocopy.Pool, rooms.Chunks) {
	blocks, err := zerocopy.NewPool(logBlocks)
	if err != nil {
		log.Warn("memory: shared pages for zero-copy writes unavailable, busy rooms cost more processor time", "error", err)
		return nil, nil
	}
	return blocks, blocks
}

// extensions returns the WebSocket extensions that the engine accepts if a client offers them.
func extensions(cfg settings.Serve) []engine.Extension {
	if cfg.Compression != "on" {
		return nil
	}
	return []engine.Extension{engine.Deflate(int(cfg.CompressionMin))}
}
