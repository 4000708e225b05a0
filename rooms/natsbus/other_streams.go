package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// refuseOtherStreams returns an error if the brokers have streams of another Config.Streams that still have messages.
// If they were used beside this node's, a room would have two orders. If they were used again later, they would continue
// their epochs, as if nothing had been published in between. Streams of another number that are empty are deleted.
func (l *link) refuseOtherStreams(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
	defer cancel()
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		if !isStreamName(name) || slices.ContainsFunc(l.bus.streams, func(s *stream) bool { return s.name == name }) {
			continue
		}
		if err := l.removeIfEmpty(ctx, js, name); err != nil {
			return err
		}
	}
	return names.Err()
}

// removeIfEmpty deletes a stream of another number of streams. It returns an error if the stream has messages.
func (l *link) removeIfEmpty(ctx context.Context, js jetstream.JetStream, name string) error {
	other, err := js.Stream(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil // another node has deleted it
	case err != nil:
		return err
	case other.CachedInfo().State.Msgs > 0:
		return fmt.Errorf("natsbus: the stream %s of another --cluster-streams has messages, this node has --cluster-streams %d: "+
			"give all nodes the same number, or stop all nodes and delete that stream to begin new epochs", name, len(l.bus.streams))
	}
	if err := js.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	l.bus.log.Info("nats: empty stream of another --cluster-streams deleted", "stream", name)
	return nil
}
