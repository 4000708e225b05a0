package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"plenum/cmd/plenum/internal/settings"
	"plenum/rooms/natsbus"
)

// examineCluster prints the streams of the brokers, one per line. It returns an error if the brokers cannot be asked, or
// have messages in streams of another --cluster-streams.
func examineCluster(ctx context.Context, cfg settings.Doctor, stdout io.Writer) error {
	if cfg.Cluster == "" {
		return nil
	}
	streams, err := natsbus.Examine(ctx, natsbus.Config{URL: string(cfg.Cluster), Streams: cfg.ClusterStreams})
	if err != nil {
		return fmt.Errorf("--cluster: %w", err)
	}
	blocked := false
	for _, s := range streams {
		blocked = blocked || s.Blocks()
		if _, err := fmt.Fprintf(stdout, "stream %s: %s\n", s.Name, describeStream(s)); err != nil {
			return err
		}
	}
	if blocked {
		return errors.New("the brokers have messages of another --cluster-streams, a node with this number does not join")
	}
	return nil
}

// describeStream returns the description of a stream for the output of `plenum doctor`.
func describeStream(s natsbus.StreamState) string {
	text := fmt.Sprintf("messages %d, copies %d", s.Messages, s.Replicas)
	if s.Leader != "" {
		text += ", led by " + s.Leader
	}
	switch {
	case !s.Exists:
		return "not there yet, the first node creates it"
	case s.Blocks():
		return text + ", of another --cluster-streams"
	case s.Other:
		return text + ", of another --cluster-streams, the first node deletes it"
	}
	return text
}
