package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// receive handles one frame of the server. If it returns an error, the connection ends.
func (l *link) receive(ctx context.Context, data []byte) error {
	var r received
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("parse a frame of the server: %w", err)
	}
	switch r.Type {
	case "":
		return l.message(ctx, r)
	case "gap":
		return l.gap(ctx, r)
	case "pong":
		return l.rejoinRefusedRooms(ctx)
	case "left":
		if r.ID == 0 {
			return l.expelled(ctx, r)
		}
	}
	k := l.answered(r.ID)
	if k == nil {
		return nil
	}
	switch r.Type {
	case "joined":
		return l.joined(ctx, k, r)
	case "error":
		return l.refused(ctx, k, &Refusal{Code: r.Code, Message: r.Message})
	case "left":
		l.left(k.Room)
		l.settle(k)
	}
	l.finish(k, answer{position: Position{Epoch: cmp.Or(k.epoch, l.epoch(k.Room)), Seq: r.Seq}})
	return nil
}

// expelled handles a left frame that answers no command: after Refresh, the new token does not allow the room.
func (l *link) expelled(ctx context.Context, a received) error {
	r := l.rooms[a.Room]
	if r == nil || !r.joined {
		return nil
	}
	l.left(a.Room)
	return l.emit(ctx, Refused{Room: a.Room, Position: r.position, Err: &Refusal{Code: a.Code, Message: "the new token does not allow the room"}})
}

// epoch returns the epoch of a room that the client has joined, otherwise "".
func (l *link) epoch(name string) string {
	if r := l.rooms[name]; r != nil {
		return r.position.Epoch
	}
	return ""
}

// message handles a message of a room. It reports the messages missing before it as a Gap.
func (l *link) message(ctx context.Context, m received) error {
	r := l.rooms[m.Room]
	if r == nil {
		return nil // the client has left the room
	}
	gap, lost, fresh := r.receive(m.Seq)
	if lost {
		gap.Room = m.Room
		if err := l.emit(ctx, gap); err != nil {
			return err
		}
	}
	if !fresh {
		return nil
	}
	return l.emit(ctx, Message{
		Room: m.Room, Sender: m.Sender, Text: m.Text, Event: m.Event, Data: m.Data,
		Time: time.UnixMilli(m.Timestamp), Position: r.position,
	})
}

// gap handles a gap message of the server. It reports a Gap, unless the client has received all messages up to there.
func (l *link) gap(ctx context.Context, g received) error {
	r := l.rooms[g.Room]
	if r == nil {
		return nil
	}
	gap, lost := r.skip(g.To)
	if !lost {
		return nil
	}
	gap.Room = g.Room
	return l.emit(ctx, gap)
}

// joined handles the answer to a join.
func (l *link) joined(ctx context.Context, k *call, a received) error {
	r := l.rooms[k.Room]
	switch {
	case r == nil && k.done == nil: // the room was left while the client joined it again
		return l.enqueue(ctx, &call{command: command{Type: "leave", ID: l.lastID.Add(1), Room: k.Room}})
	case r == nil && k.Since != "":
		r = &room{position: k.since}
	case r == nil:
		r = &room{position: Position{Epoch: a.Epoch, Seq: a.Seq}}
	}
	l.rooms[k.Room] = r
	r.enter(a.Epoch)
	l.settle(k)
	l.finish(k, answer{})
	return l.emit(ctx, Joined{Room: k.Room, Position: Position{Epoch: a.Epoch, Seq: a.Seq}, Members: a.Members, Recovered: a.Recovered})
}

// refused handles the answer to a command that failed.
func (l *link) refused(ctx context.Context, k *call, why *Refusal) error {
	defer l.settle(k)
	r := l.rooms[k.Room]
	switch {
	case k.Type == "join" && k.done == nil && r != nil && !r.joined && why.overtaken():
		r.rejoining = false
	case k.Type == "join" && k.done == nil && r != nil && !r.joined:
		return l.rejoinRefused(ctx, k.Room, r, why)
	case k.Type == "leave" && why.Code == "not_joined" && r != nil: // the room was to be joined again
		delete(l.rooms, k.Room)
		l.finish(k, answer{})
	default:
		l.finish(k, answer{err: why})
	}
	return nil
}

// rejoinRefused reports that a room could not be joined again. It leaves the room if repeating the join would be of no use.
func (l *link) rejoinRefused(ctx context.Context, name string, r *room, why *Refusal) error {
	r.rejoining = false
	if why.final() {
		delete(l.rooms, name)
	}
	return l.emit(ctx, Refused{Room: name, Position: r.position, Err: why, Again: !why.final()})
}

// rejoinRefusedRooms joins again the rooms whose joins were refused for a reason that may pass. It is called for each pong,
// so once per PingPeriod.
func (l *link) rejoinRefusedRooms(ctx context.Context) error {
	for name, r := range l.rooms {
		if r.joined || r.rejoining {
			continue
		}
		if err := l.enqueue(ctx, l.rejoin(name, r)); err != nil {
			return err
		}
	}
	return nil
}
