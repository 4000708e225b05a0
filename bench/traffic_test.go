package bench

import (
	"time"

	"plenum/bench/internal/fakeserver"
)

// trafficTo returns the options of a short run against h.
func trafficTo(h *fakeserver.Hub, duration time.Duration) Traffic {
	return Traffic{
		Options: Options{URL: h.URL, TLSCA: h.CA, Name: "hub", Duration: Duration(duration), Loops: 2, Dialers: 8},
		Payload: 64, Drain: Duration(2 * time.Second), RoomSeq: true,
	}
}

// heavyTo returns traffic that fills all buffers between a sender and a hub that does not read:
// 30 MB within a second.
func heavyTo(h *fakeserver.Hub) Fan {
	traffic := trafficTo(h, time.Second)
	traffic.Payload, traffic.Drain = 30_000, Duration(fakeserver.Timeout/2)
	return Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 1000}
}
