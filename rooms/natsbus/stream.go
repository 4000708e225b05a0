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
	codeNotClustered   = 10074 // it has no other brokers to replicate to
	codeWrongSequence  = 10071 // what was expected to be the subject's last is not
	codeWrongSequence2 = 10164 // the same, where it is not told which is
)

// keepStream sees to it that the stream is there, each time the connection is a new one, until
// ctx ends.
func (l *link) maintainStream(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.streamWanted:
		}
		told := ""
		for ctx.Err() == nil && l.conn.IsConnected() {
			stream, err := l.ensureStream(ctx)
			if err == nil {
				err = l.probeAndWait(ctx, stream)
			}
			if err == nil {
				l.onStream(stream)
				break
			}
			if err.Error() != told {
				told = err.Error()
				l.bus.log.Warn("nats: stream not usable, retrying: check JetStream on the brokers", "stream", streamName, "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(brokerRetry):
			}
		}
	}
}

// found notes that the stream is there. Where it is another than before, all rooms begin anew.
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

// leastKept is the least time that the stream keeps what it has: by the last batch of a room
// its epoch goes on.
const minKept = 2 * time.Minute

// kept is how long the stream keeps a batch.
func (c Config) kept() time.Duration {
	return max(minKept, 2*time.Duration(c.History.Age)*time.Second)
}

// makeStream makes the stream, with three replicas where there are three brokers, or has it keep what
// this node is to.
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
		RePublish:   &jetstream.RePublish{Source: inPrefix + "*", Destination: roomPrefix + "{{wildcard(1)}}." + kindLog},
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
		return nil, fmt.Errorf("natsbus: a cluster of brokers is to be of version %s or newer, not %s", minClusterVersion, version)
	}
	if is.MaxAge == want.MaxAge && is.MaxMsgsPerSubject == want.MaxMsgsPerSubject && is.MaxBytes == want.MaxBytes && is.RePublish != nil && is.AllowDirect {
		return stream, nil
	}
	is.MaxAge, is.MaxMsgsPerSubject, is.MaxBytes, is.RePublish, is.AllowDirect = want.MaxAge, want.MaxMsgsPerSubject, want.MaxBytes, want.RePublish, true
	return js.UpdateStream(ctx, is)
}

// leastCluster is the oldest version of brokers that may be several: those before it take two
// batches that are to follow the same one (nats-server issue 4320), or are to be a room's first,
// on some of them alone (pull request 5794).
const minClusterVersion = "2.10.19"

// serializes tells whether brokers of a version may be several.
func supportsCluster(version string) bool {
	is, least := [3]int{}, [3]int{}
	_, err := fmt.Sscanf(version, "%d.%d.%d", &is[0], &is[1], &is[2])
	_, _ = fmt.Sscanf(minClusterVersion, "%d.%d.%d", &least[0], &least[1], &least[2]) // it is our own
	return err == nil && slices.Compare(is[:], least[:]) >= 0
}

// lookUpStream does not wait for long: brokers that have no leader just now do not answer.
func lookUpStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, brokerTimeout/2)
	defer cancel()
	return js.Stream(ctx, streamName)
}

// measure has the stream take a probe. Its number tells whether the stream has gone back. It is
// called before rooms are opened on a new connection.
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

// probe has the stream take a probe, without waiting for the answer: onReply handles it.
func (l *link) probe() {
	high := strconv.FormatUint(l.bus.progress.high.Load(), 36)
	_ = l.conn.PublishRequest(probePrefix+nodeName(l.bus.node), l.inbox+string(rune(probeKind))+".0."+high, nil)
}
