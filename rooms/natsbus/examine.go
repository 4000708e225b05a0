package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// examineTimeout bounds Examine.
const examineTimeout = 5 * time.Second

// StreamState is the state of a stream of the brokers.
type StreamState struct {
	Name     string
	Exists   bool // otherwise the first node creates it
	Other    bool // it belongs to another Config.Streams
	Messages uint64
	Replicas int
	Leader   string // name of the broker that leads it; empty if there is one broker, or no leader
}

// Blocks reports whether a node does not join because of the stream.
func (s StreamState) Blocks() bool { return s.Other && s.Messages > 0 }

// Examine connects to the brokers and returns the streams of cfg.Streams, then those of other numbers of streams. It
// changes nothing. It returns an error if the brokers do not answer.
func Examine(ctx context.Context, cfg Config) ([]StreamState, error) {
	ctx, cancel := context.WithTimeout(ctx, examineTimeout)
	defer cancel()
	conn, err := nats.Connect(cfg.URL, nats.Name("plenum doctor"), nats.Timeout(brokerTimeout))
	if err != nil {
		return nil, fmt.Errorf("natsbus: %w", err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range newStreams(max(cfg.Streams, 1)) {
		names = append(names, s.name)
	}
	own := len(names)
	list := js.StreamNames(ctx)
	for name := range list.Name() {
		if isStreamName(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("natsbus: the brokers do not list their streams: %w", err)
	}
	return statesOf(ctx, js, names, own)
}

// statesOf returns the states of streams. The first own of them are those of this node.
func statesOf(ctx context.Context, js jetstream.JetStream, names []string, own int) (all []StreamState, err error) {
	for i, name := range names {
		s := StreamState{Name: name, Other: i >= own}
		stream, err := js.Stream(ctx, name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
		case err != nil:
			return nil, fmt.Errorf("natsbus: stream %s: %w", name, err)
		default:
			info := stream.CachedInfo()
			s.Exists, s.Messages, s.Replicas = true, info.State.Msgs, info.Config.Replicas
			if info.Cluster != nil && s.Replicas > 1 {
				s.Leader = info.Cluster.Leader
			}
		}
		all = append(all, s)
	}
	return all, nil
}
