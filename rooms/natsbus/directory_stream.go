package natsbus

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bytedance/sonic"
	"github.com/nats-io/nats.go/jetstream"

	"plenum/rooms"
)

// storedRooms returns the names of all rooms of the share that have a batch in a stream. complete is false if a stream is away.
func (d Directory) storedRooms(ctx context.Context) (names []string, complete bool, err error) {
	complete = true
	for _, s := range d.bus.streams {
		stream := s.found.Load()
		if stream == nil || !s.up.Load() {
			complete = false
			continue
		}
		info, err := (*stream).Info(ctx, jetstream.WithSubjectFilter(s.in+"*"))
		if err != nil {
			return nil, false, errors.Join(rooms.ErrBus, err)
		}
		for subject := range info.State.Subjects {
			name, ok := roomOf(strings.TrimPrefix(subject, s.in))
			if room, own := d.own(name); ok && own {
				names = append(names, room)
			}
		}
	}
	return names, complete, nil
}

// lastBatch reads the head of a room's last batch from the stream. ok is false if there is none, or if it is
// older than History.Age.
func (d Directory) lastBatch(ctx context.Context, room string) (h head, ok bool, err error) {
	room = d.prefix + room
	s := d.bus.streamOf(room)
	body, err := sonic.Marshal(readRequest{LastFor: s.in + token(room)})
	if err != nil {
		return head{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	m, err := d.bus.serving.Load().conn.RequestWithContext(ctx, s.direct, body)
	if err != nil {
		return head{}, false, errors.Join(rooms.ErrBus, err)
	}
	switch m.Header.Get("Status") {
	case "":
	case "404":
		return head{}, false, nil
	default: // the stream cannot answer at the moment
		return head{}, false, rooms.ErrBus
	}
	_, h, _, err = parseStored(m)
	if err != nil || time.Since(time.UnixMilli(h.born)) > time.Duration(d.bus.cfg.History.Age)*time.Second {
		return head{}, false, err
	}
	return h, true, nil
}
