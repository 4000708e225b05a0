package natsbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Error codes of JetStream.
const (
	codeNotClustered   = 10074 // the broker has no other brokers to replicate to
	codeWrongSequence  = 10071 // the subject's last sequence number is not the expected one
	codeWrongSequence2 = 10164 // the same, without the actual number
)

// maintainStream looks up or creates the stream, and probes it, after each request by requestStream. It retries
// until that succeeds or the connection is lost. It runs until ctx ends.
func (l *link) maintainStream(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.streamWanted:
		}
		logged := ""
		for ctx.Err() == nil && l.conn.IsConnected() {
			stream, err := l.ensureStream(ctx)
			if err == nil {
				err = l.probeAndWait(ctx, stream)
			}
			if err == nil {
				l.onStream(stream)
				break
			}
			if err.Error() != logged {
				logged = err.Error()
				l.bus.log.Warn("nats: stream not usable, retrying: check JetStream on the brokers", "stream", streamName, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(brokerRetry):
			}
		}
	}
}

// onStream notes that the stream was found. If it was created again, all rooms start again with a new epoch.
func (l *link) onStream(stream jetstream.Stream) {
	before := l.stream.Swap(&stream)
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		l.bus.log.Error("nats: stream was replaced, all rooms start again with a new epoch: check the storage of the brokers", "stream", streamName)
		l.bus.subjects.each(func(s *subject) { s.on(evStreamReplaced) })
	}
	if !l.ready.Swap(true) {
		l.bus.progress.joined.Store(int64(l.bus.now()))
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
func (l *link) ensureStream(ctx context.Context) (jetstream.Stream, error) {
	js, err := jetstream.New(l.conn)
	if err != nil {
		return nil, err
	}
	want := jetstream.StreamConfig{
		Name: streamName, Subjects: []string{inPrefix + "*", probePrefix + "*"},
		Storage: jetstream.FileStorage, Replicas: 3, Discard: jetstream.DiscardOld,
		MaxAge: l.bus.cfg.kept(), MaxMsgsPerSubject: int64(max(l.bus.cfg.History.Bound(), 1)), MaxBytes: max(l.bus.cfg.History.Memory, 16<<20),
		AllowDirect: true,
		RePublish:   &jetstream.RePublish{Source: inPrefix + "*", Destination: roomPrefix + "{{wildcard(1)}}." + kindBatch},
	}
	stream, err := lookUpStream(ctx, js)
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

// lookUpStream looks up the stream. It waits only for a short time, because brokers without a leader do not answer.
func lookUpStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	return js.Stream(ctx, streamName)
}

// probeAndWait publishes a probe, and waits for its sequence number. That shows whether the stream has gone
// back. It is called after each requestStream, so also on each new connection before rooms are opened.
func (l *link) probeAndWait(ctx context.Context, stream jetstream.Stream) error {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	b := l.bus
	high := b.progress.high.Load()
	m, err := l.conn.RequestWithContext(ctx, probePrefix+nodeName(b.node), nil)
	if err != nil {
		return err
	}
	a := parseAck(m)
	if !a.ok() {
		return errNotTaken
	}
	before := l.stream.Load()
	if before != nil && !(*before).CachedInfo().Created.Equal(stream.CachedInfo().Created) {
		high = 0
		b.progress.restart(a.Seq)
	}
	b.onProbed(high, a.Seq)
	b.progress.take(a.Seq, b.now())
	return nil
}

// probe publishes a probe. onReply handles the answer.
func (l *link) probe() {
	high := strconv.FormatUint(l.bus.progress.high.Load(), 36)
	_ = l.conn.PublishRequest(probePrefix+nodeName(l.bus.node), l.inbox+string(rune(probeKind))+".0."+high, nil)
}
