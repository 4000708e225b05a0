package natsbus

import (
	"time"

	"github.com/bytedance/sonic"
)

// measureEvery is the interval at which a node asks how full a stream is.
const measureEvery = time.Second

// fill is a part of JetStream's StreamInfo.
type fill struct {
	Config struct {
		MaxBytes uint64 `json:"max_bytes"`
	} `json:"config"`
	State struct {
		Bytes uint64 `json:"bytes"`
		First uint64 `json:"first_seq"`
		Last  uint64 `json:"last_seq"`
	} `json:"state"`
}

// soon returns the last sequence number of the older half of a stream that has more than half of the bytes that it may have. A
// quiet room whose last batch is not after it gets a new one, before the stream drops the last batch because of its bytes. soon
// returns 0 if the stream is not that full. The result does not depend on earlier ones, so it follows the traffic up and down.
func (f *fill) soon() uint64 {
	s := f.State
	if s.Bytes <= f.Config.MaxBytes/2 {
		return 0
	}
	return s.First + (s.Last-s.First)/2
}

// measureWhenDue asks every measureEvery how full the stream is.
func (w *streamWatch) measureWhenDue(l *link, now moment) {
	if w.ready.Load() && now-w.measured >= measureEvery {
		w.measured = now
		l.measure(w.stream)
	}
}

// measure asks how full a stream is. onMeasured handles the answer. After a failure the next one asks again.
func (l *link) measure(s *stream) {
	_ = l.conn.PublishRequest(s.info, l.reply(infoKind, uint64(s.number), 0), nil)
}

// onMeasured handles the answer of a stream to measure.
func (l *link) onMeasured(stream uint64, data []byte) {
	f := fill{}
	if stream >= uint64(len(l.bus.streams)) || sonic.Unmarshal(data, &f) != nil || f.Config.MaxBytes == 0 {
		return // for example, the stream has no leader
	}
	l.bus.streams[stream].progress.soon.Store(f.soon())
}
