package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"plenum/bench/message"
	"plenum/bench/speak"
	"plenum/bench/wsclient"
	"plenum/codec/frame"
)

// group is the connections of an idle, a connect or a presence scenario, which send no messages of their
// own.
type group struct {
	options *Options
	size    int // members per room
	mark    message.Mark
	pool    *wsclient.Pool
	clients []*wsclient.Client
	talk    *speak.Talk

	ends wsclient.Ends // how those in ended were closed

	// atomic
	closing atomic.Bool
	leaving sync.Map      // clients that this side closes during the run
	ended   atomic.Uint64 // connections that the server closed
}

// group starts the loops of a new group with size members per room.
func (o *Options) group(size int) (*group, error) {
	g := o.newGroup(size)
	return g, g.start(func(c *wsclient.Client, _ frame.Opcode, payload []byte) {
		g.talk.Frame(c, payload, func() speak.Member { return g.member(c.Tag()) })
	})
}

// newGroup returns a new group with size members per room. start starts its loops.
func (o *Options) newGroup(size int) *group {
	return &group{options: o, size: size, mark: message.NewMark(), talk: speak.NewTalk(o.dialect())}
}

// start starts the loops. They call receive with each message of the server.
func (g *group) start(receive func(c *wsclient.Client, op frame.Opcode, payload []byte)) error {
	cfg, err := g.options.target().Config()
	if err != nil {
		return err
	}
	cfg.Loops, cfg.OnMessage = g.options.loops(), receive
	cfg.OnClose = func(c *wsclient.Client, end wsclient.End) {
		if _, left := g.leaving.LoadAndDelete(c); !left && !g.closing.Load() {
			g.ended.Add(1)
			g.ends.Add(end)
		}
	}
	g.pool, err = wsclient.NewPool(cfg)
	return err
}

// names returns the names of connection i's room and user.
func (g *group) names(i int) (room, user string) {
	return fmt.Sprintf("%s-%d", g.mark.Name(), i/g.size), fmt.Sprintf("m%07d", i)
}

// member returns the names of connection i.
func (g *group) member(i int) speak.Member {
	room, user := g.names(i)
	return speak.Member{User: user, Rooms: []string{room}}
}

// url returns the URL of connection i.
func (g *group) url(i int) string {
	room, user := g.names(i)
	return g.options.target().At(i, room, user)
}

// greet takes the result of the dial of connection i, and sends its hello messages.
func (g *group) greet(i int, c *wsclient.Client, err error) error {
	if err != nil {
		return err
	}
	for _, hello := range g.talk.Greet(g.member(i)) {
		if err := c.Send([]byte(hello)); err != nil {
			return fmt.Errorf("bench: send hello: %w", err)
		}
	}
	return nil
}

// grow opens connections until the group has n, and returns the new ones. If the server confirms joins, grow waits until all
// are confirmed. On an error it returns none, and the connections opened so far stay open until stop.
func (g *group) grow(ctx context.Context, n int) ([]*wsclient.Client, error) {
	fresh, err := g.dial(ctx, n)
	if err != nil {
		return nil, err
	}
	return fresh, g.talk.Await(ctx, int64(len(g.clients)*g.talk.Answers(1)), g.ends.First)
}

// dial is grow without the wait.
func (g *group) dial(ctx context.Context, n int) ([]*wsclient.Client, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	base := len(g.clients)
	fresh := make([]*wsclient.Client, n-base)
	var taken atomic.Int64
	next := func() (string, int, bool) {
		i := base + int(taken.Add(1)-1)
		if i >= n {
			return "", i, false
		}
		return g.url(i), i, true
	}
	g.pool.DialEach(ctx, g.options.Dialers, next, func(i int, c *wsclient.Client, err error) {
		if err = g.greet(i, c, err); err != nil {
			cancel(err)
			return
		}
		fresh[i-base] = c
	})
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	g.clients = append(g.clients, fresh...)
	return fresh, nil
}

// stop closes all connections. It returns when the loops have ended.
func (g *group) stop() {
	g.closing.Store(true)
	g.pool.Shutdown()
}
