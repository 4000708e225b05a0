package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"plenum/bench/clock"
	"plenum/bench/message"
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

	ends wsclient.Ends // how those in ended were closed

	// atomic
	closing atomic.Bool
	ended   atomic.Uint64 // connections that the server closed
	joined  atomic.Int64  // subscriptions that the server has answered, if it speaks the Pusher Channels protocol
}

// group starts the loops of a new group with size members per room.
func (o *Options) group(size int) (*group, error) {
	g, target := o.newGroup(size), o.target()
	return g, g.start(func(c *wsclient.Client, _ frame.Opcode, payload []byte) {
		if target.Subscribed(payload) {
			g.joined.Add(1)
		}
		target.Respond(c, payload, func() []string {
			room, _ := g.names(c.Tag())
			return []string{room}
		})
	})
}

// newGroup returns a new group with size members per room. start starts its loops.
func (o *Options) newGroup(size int) *group {
	return &group{options: o, size: size, mark: message.NewMark()}
}

// start starts the loops. They call receive with each message of the server.
func (g *group) start(receive func(c *wsclient.Client, op frame.Opcode, payload []byte)) error {
	cfg, err := g.options.target().Config()
	if err != nil {
		return err
	}
	cfg.Loops, cfg.OnMessage = g.options.loops(), receive
	cfg.OnClose = func(_ *wsclient.Client, end wsclient.End) {
		if !g.closing.Load() {
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

// url returns the URL of connection i.
func (g *group) url(i int) string {
	room, user := g.names(i)
	return g.options.target().At(i, room, user)
}

// greet takes the result of the dial of connection i, and sends its hello messages.
func (g *group) greet(i int, c *wsclient.Client, err error) error {
	if err != nil || len(g.options.Hello) == 0 {
		return err
	}
	room, user := g.names(i)
	for _, hello := range g.options.target().Greetings(user, room) {
		if err := c.Send([]byte(hello)); err != nil {
			return fmt.Errorf("bench: send hello: %w", err)
		}
	}
	return nil
}

// grow opens connections until the group has n, and returns the new ones. If the server speaks the Pusher Channels protocol,
// grow waits for the answers to their subscriptions. On an error it returns none, and the connections opened so far stay open
// until stop.
func (g *group) grow(ctx context.Context, n int) ([]*wsclient.Client, error) {
	fresh, err := g.dial(ctx, n)
	if err != nil {
		return nil, err
	}
	return fresh, g.awaitSubscribed(ctx)
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

// subscribeTimeout is the longest wait for the answers to subscriptions.
const subscribeTimeout = 30 * time.Second

// awaitSubscribed waits until the server has answered the subscriptions of all connections, if it speaks the Pusher Channels
// protocol.
func (g *group) awaitSubscribed(ctx context.Context) error {
	if g.options.Speak != speakPusher {
		return nil
	}
	const interval = 10 * time.Millisecond
	due := time.Now().Add(subscribeTimeout)
	for g.joined.Load() < int64(len(g.clients)) {
		if time.Now().After(due) {
			return fmt.Errorf("bench: %d of %d connections were not subscribed in %v: check --app", len(g.clients)-int(g.joined.Load()), len(g.clients), subscribeTimeout)
		}
		if err := clock.Sleep(ctx, interval); err != nil {
			return err
		}
	}
	return nil
}

// stop closes all connections. It returns when the loops have ended.
func (g *group) stop() {
	g.closing.Store(true)
	g.pool.Shutdown()
}
