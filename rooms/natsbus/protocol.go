package natsbus

import (
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

// wireVersion is the version of all formats between nodes: batches, heartbeats, reports, questions and answers. A change
// that nodes of an earlier version would not understand gets the next number. oldestWire is the oldest version that this
// node works with. A cluster can be upgraded node by node if the new oldestWire is not above the old wireVersion.
//
//	1  heartbeats have no version
//	2  heartbeats have a protocol in their headers, which nodes of version 1 ignore; there may be several streams;
//	   with one stream nothing else has changed
const (
	wireVersion = 2
	oldestWire  = 1
)

// protocol has the versions and settings that nodes have to agree on. Each heartbeat has the protocol of its node in its headers.
type protocol struct {
	version, oldest int
	streams         int // Config.Streams
}

// Headers of a heartbeat.
const (
	versionHeader = "Plenum-Wire"
	oldestHeader  = "Plenum-Wire-Oldest"
	streamsHeader = "Plenum-Streams"
)

// ownProtocol is the protocol of this node.
func ownProtocol(streams int) protocol {
	return protocol{version: wireVersion, oldest: oldestWire, streams: streams}
}

// header returns the headers of a heartbeat.
func (p protocol) header() nats.Header {
	return nats.Header{versionHeader: {strconv.Itoa(p.version)}, oldestHeader: {strconv.Itoa(p.oldest)}, streamsHeader: {strconv.Itoa(p.streams)}}
}

// parseProtocol returns the protocol of the node that has sent a heartbeat. Without headers it is version 1,
// which has one stream.
func parseProtocol(h nats.Header) protocol {
	return protocol{version: number(h, versionHeader), oldest: number(h, oldestHeader), streams: number(h, streamsHeader)}
}

// number returns the number in a header: 1 without the header, and 0 if it is not a number.
func number(h nats.Header, name string) int {
	text := h.Get(name)
	if text == "" {
		return 1
	}
	n, _ := strconv.Atoi(text)
	return n
}

// conflict returns why nodes of p and of other cannot work together; "" if they can.
func (p protocol) conflict(other protocol) string {
	switch {
	case p.version >= other.oldest && other.version >= p.oldest && p.streams == other.streams:
		return ""
	case p.streams != other.streams:
		return fmt.Sprintf("it has --cluster-streams %d, this node has %d", other.streams, p.streams)
	}
	return fmt.Sprintf("it speaks version %d and works with %d and later; this node speaks version %d and works with %d and later", other.version, other.oldest, p.version, p.oldest)
}
