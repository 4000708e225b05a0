package natsbus

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"
)

// maxStreams is the largest number of streams of a cluster.
const maxStreams = 64

// stream is one of the JetStream streams that have the batches. A room belongs to one of them by a hash of its name, so
// several leaders share the work. With one stream the names are those of version 1. With another number all names are
// others, so that no batch of an earlier number is taken for one of this number.
type stream struct {
	// Set at creation.
	number int
	name   string // JetStream's name
	in     string // prefix of the NATS subjects that rooms' batches are published to; a room's token follows
	rooms  string // prefix of the NATS subjects that nodes with members subscribe to; a room's token and a kind follow
	probes string // prefix of the NATS subjects of probes; a node follows
	direct string // NATS subject of requests that any replica answers, even one that lags
	leader string // NATS subject of requests that only the leader answers
	info   string // NATS subject of requests for the state of the stream

	progress progress
	wanted   chan struct{} // has an element if maintainStream is to look the stream up
	ready    atomic.Bool   // it was found on this connection
	up       atomic.Bool   // it takes messages, and this node may use it; changed by setUp
	found    atomic.Pointer[jetstream.Stream]
}

// newStreams returns the n streams of a cluster.
func newStreams(n int) []*stream {
	all := make([]*stream, n)
	for i := range all {
		s := &stream{number: i, name: StreamName, in: inPrefix, rooms: roomPrefix, probes: probePrefix, wanted: make(chan struct{}, 1)}
		if n > 1 {
			s.name = fmt.Sprintf("%s-%d-%d", StreamName, n, i)
			s.in = fmt.Sprintf("plenum.in%d.%d.", n, i)
			s.rooms = fmt.Sprintf("plenum.room%d.", n)
			s.probes = fmt.Sprintf("plenum.probe%d.%d.", n, i)
		}
		s.direct = "$JS.API.DIRECT.GET." + s.name
		s.leader = "$JS.API.STREAM.MSG.GET." + s.name
		s.info = "$JS.API.STREAM.INFO." + s.name
		all[i] = s
	}
	return all
}

// isStreamName reports whether a stream belongs to a cluster of plenum, whatever its number of streams.
func isStreamName(name string) bool { return name == StreamName || IsOneOfSeveral(name) }

// IsOneOfSeveral reports whether a stream belongs to a cluster of plenum with several streams.
func IsOneOfSeveral(name string) bool { return strings.HasPrefix(name, StreamName+"-") }

// streamOf returns the stream of a room: by the hash FNV-1a of its name, which must be the same on all nodes.
func (b *Bus) streamOf(room string) *stream {
	if len(b.streams) == 1 {
		return b.streams[0]
	}
	hash := uint32(2166136261)
	for i := range len(room) {
		hash = (hash ^ uint32(room[i])) * 16777619
	}
	return b.streams[hash%uint32(len(b.streams))]
}

// request makes maintainStream look the stream up.
func (s *stream) request() {
	select {
	case s.wanted <- struct{}{}:
	default: // already requested
	}
}
