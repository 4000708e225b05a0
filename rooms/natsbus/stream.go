package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Error codes of JetStream.
const (
	codeNotClustered   = 10074 // the broker has no other brokers to replicate to
	codeWrongSequence  = 10071 // the subject's last sequence number is not the expected one
	codeWrongSequence2 = 10164 // the same, without the actual number
)

// maintainStream looks up or creates a stream, and probes it, after each request by stream.request. It retries
// until that succeeds or the connection is lost. It runs until ctx ends.
func (l *link) maintainStream(ctx context.Context, s *stream) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wanted:
		}
		logged := ""
		for ctx.Err() == nil && l.conn.IsConnected() {
			stream, err := l.ensureStream(ctx, s)
			if err == nil {
				err = l.probeAndWait(ctx, s, stream)
			}
			if err == nil {
				l.onStream(s, stream)
				break
			}
			if err.Error() != logged {
				logged = err.Error()
				l.bus.log.Warn("nats: stream not usable, retrying: check JetStream on the brokers", "stream", s.name, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(brokerRetry):
			}
		}
	}
}

// onStream notes that the stream s was found. If it was created again, all its rooms start again with a new epoch.
func (l *link) onStream(s *stream, stream jetstream.Stream) {
	before := s.found.Swap(&stream)
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		l.bus.log.Error("nats: stream was replaced, all rooms start again with a new epoch: check the storage of the brokers", "stream", s.name)
		l.bus.subjects.each(func(room *subject) { room.onIn(s, evStreamReplaced) })
	}
	if !s.ready.Swap(true) {
		s.progress.joined.Store(int64(l.bus.now()))
	}
}

// minKept is the least time for which the stream keeps a batch. A room's epoch goes on only while the stream
// has its last batch.
const minKept = 2 * time.Minute

// kept returns the time for which the stream keeps a batch.
func (c Config) kept() time.Duration {
	return max(minKept, 2*time.Duration(c.History.Age)*time.Second)
}

// ensureStream creates the stream, with three replicas if the brokers are a cluster. If the stream exists, it
// sets its bounds to this node's. It returns an error if there are several replicas, and the broker is too old
// for that.
func (l *link) ensureStream(ctx context.Context, s *stream) (jetstream.Stream, error) {
	js, err := jetstream.New(l.conn)
	if err != nil {
		return nil, err
	}
	if s.found.Load() == nil {
		if err := l.refuseOtherStreams(ctx, js); err != nil {
			return nil, err
		}
	}
	want := jetstream.StreamConfig{
		Name: s.name, Subjects: []string{s.in + "*", s.probes + "*"},
		Storage: jetstream.FileStorage, Replicas: 3, Discard: jetstream.DiscardOld,
		MaxAge: l.bus.cfg.kept(), MaxMsgsPerSubject: int64(max(l.bus.cfg.History.Bound(), 1)), MaxBytes: max(l.bus.cfg.History.Memory/int64(len(l.bus.streams)), 16<<20),
		AllowDirect: true,
		RePublish:   &jetstream.RePublish{Source: s.in + "*", Destination: s.rooms + "{{wildcard(1)}}." + kindBatch},
	}
	stream, err := lookUpStream(ctx, js, s.name)
	ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
	defer cancel()
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, want)
		if alone := new(jetstream.APIError); errors.As(err, &alone) && alone.ErrorCode == codeNotClustered {
			want.Replicas = 1
			stream, err = js.CreateStream(ctx, want)
		}
	}
	if err != nil {
		return nil, err
	}
	is := stream.CachedInfo().Config
	if version := l.conn.ConnectedServerVersion(); is.Replicas > 1 && !supportsCluster(version) {
		return nil, fmt.Errorf("natsbus: a cluster of brokers needs nats-server %s or later, got %s: upgrade the brokers", minClusterVersion, version)
	}
	if is.MaxAge == want.MaxAge && is.MaxMsgsPerSubject == want.MaxMsgsPerSubject && is.MaxBytes == want.MaxBytes && is.RePublish != nil && is.AllowDirect {
		return stream, nil
	}
	is.MaxAge, is.MaxMsgsPerSubject, is.MaxBytes, is.RePublish, is.AllowDirect = want.MaxAge, want.MaxMsgsPerSubject, want.MaxBytes, want.RePublish, true
	return js.UpdateStream(ctx, is)
}

// minClusterVersion is the oldest version of brokers that may form a cluster. Older ones may take two batches
// that are to follow the same batch (nats-server issue 4320). If both are to be a room's first, some replicas may
// store a batch that other replicas reject (pull request 5794).
const minClusterVersion = "2.10.19"

// supportsCluster reports whether brokers of a version may form a cluster.
func supportsCluster(version string) bool {
	is, least := [3]int{}, [3]int{}
	_, err := fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2])
	_, _ = fmt.Sscanf(minClusterVersion, "%d.%d.%d", &least[0], &least[1], &least[2]) // cannot fail
	return err == nil && slices.Compare(is[:], least[:]) >= 0
}

// lookUpStream looks up a stream. It waits only for a short time, because brokers without a leader do not answer.
func lookUpStream(ctx context.Context, js jetstream.JetStream, name string) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	return js.Stream(ctx, name)
}

// probeAndWait publishes a probe, and waits for its sequence number. That shows whether the stream has gone
// back. It is called after each stream.request, so also on each new connection before rooms are opened.
func (l *link) probeAndWait(ctx context.Context, s *stream, stream jetstream.Stream) error {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	b := l.bus
	high := s.progress.high.Load()
	m, err := l.conn.RequestWithContext(ctx, s.probes+nodeName(b.node), nil)
	if err != nil {
		return err
	}
	a := parseAck(m)
	if !a.ok() {
		return errNotTaken
	}
	before := s.found.Load()
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		high = 0
		s.progress.restart(a.Seq)
	}
	b.onProbed(s, high, a.Seq)
	s.progress.take(a.Seq, b.now())
	return nil
}

// probe publishes a probe to a stream. onReply handles the answer.
func (l *link) probe(s *stream) {
	_ = l.conn.PublishRequest(s.probes+nodeName(l.bus.node), l.reply(probeKind, uint64(s.number), s.progress.high.Load()), nil)
}
