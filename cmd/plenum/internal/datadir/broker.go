package datadir

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// Bounds of a message for the broker, in bytes. A client's text may be six times as long in JSON.
const (
	leastPayload = 1 << 20
	mostPayload  = 4 << 20 // the bus keeps no more per room
	jsonGrowth   = 6
)

// startBroker starts nats-server with the files in cfg.Dir. It listens on no port. The bus bounds the size and the
// age of the stream.
func startBroker(cfg Config, log *logger) (*server.Server, error) {
	broker, err := server.NewServer(&server.Options{
		ServerName: "plenum", DontListen: true, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		JetStream: true, StoreDir: cfg.Dir, JetStreamMaxStore: math.MaxInt64, JetStreamMaxMemory: 1,
		SyncInterval: cfg.Sync, SyncAlways: cfg.Sync == 0,
		MaxPayload: int32(min(max(leastPayload, jsonGrowth*cfg.MaxMessage), mostPayload)),
	})
	if err != nil {
		return nil, err
	}
	broker.SetLoggerV2(log, true, false, false)
	broker.Start()
	if broker.ReadyForConnections(startTimeout) && broker.JetStreamEnabled() {
		return broker, nil
	}
	broker.Shutdown()
	broker.WaitForShutdown()
	return nil, errors.New("nats-server does not start: " + log.last())
}

// streamsDir returns the folder that has a folder per stream.
func streamsDir(dir string) string {
	return filepath.Join(dir, "jetstream", server.DEFAULT_GLOBAL_ACCOUNT, "streams")
}

// storedStreams returns the names of the streams that have files in a directory.
func storedStreams(dir string) (names []string, err error) {
	entries, err := os.ReadDir(streamsDir(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") { // nats-server deletes folders with such names
			names = append(names, e.Name())
		}
	}
	return names, plain(err)
}

// removeIndex removes the index of a stream, which nats-server then makes again from the messages. After a kill, the index may
// be older than the messages.
func removeIndex(dir, stream string) error {
	err := os.Remove(filepath.Join(streamsDir(dir), stream, "msgs", "index.db"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return plain(err)
}

// streams returns the states of the streams by name.
func (s *Store) streams() (map[string]server.StreamState, error) {
	info, err := s.broker.Jsz(&server.JSzOptions{Streams: true, Accounts: true})
	if err != nil {
		return nil, fmt.Errorf("nats-server does not show its streams: %w", err)
	}
	all := map[string]server.StreamState{}
	for _, account := range info.AccountDetails {
		for _, stream := range account.Streams {
			all[stream.Name] = stream.State
		}
	}
	return all, nil
}
