package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/admin"
	"plenum/cmd/plenum/internal/api"
	"plenum/cmd/plenum/internal/apps"
	"plenum/cmd/plenum/internal/boundedlog"
	"plenum/cmd/plenum/internal/channels"
	"plenum/cmd/plenum/internal/channelsapi"
	"plenum/cmd/plenum/internal/datadir"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/cmd/plenum/internal/memory"
	"plenum/cmd/plenum/internal/routes"
	"plenum/cmd/plenum/internal/settings"
	"plenum/cmd/plenum/internal/webhook"
	"plenum/codec"
	"plenum/engine"
	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// server is the running server.
type server struct {
	// Set at creation.
	cfg       settings.Serve
	log       *slog.Logger
	level     *slog.LevelVar // of log
	engine    *engine.Engine
	rooms     *rooms.Hub     // all rooms with JSON messages
	data      *datadir.Store // the directory of --data, with its broker; nil: there is none
	bus       *natsbus.Bus   // connects rooms with the brokers; nil: there are none
	directory directory      // the rooms of all nodes
	lobby     *rooms.Hub     // the one room of plain text behind /chat
	guard     *access.Guard
	keys      idempotency.Keys
	apps      *apps.Registry // of the Pusher Channels protocol
	memory    *memory.Watch
	admin     *admin.Admin
	routes    *routes.Routes
	webhooks  *webhook.Sender

	// The parts for the Pusher Channels protocol; nil if there is no app and no file that can add one.
	channelHub       *rooms.Hub // the channels of all apps
	channelDirectory directory  // the channels of all nodes
	sessions         *channels.Sessions
	channels         *channels.Channels

	overloads *boundedlog.Log // logs overloaded rooms

	// Owned by await.
	reloader  reloader
	effective []settings.Setting

	// Atomic.
	reloaded atomic.Pointer[reloaded]
}

// directory reads the rooms of a hub.
type directory interface {
	api.Directory
	channelsapi.Directory
}

// drainTimeout is the time after the drain window until the remaining connections are cut off, without a closing handshake.
const drainTimeout = 10 * time.Second

// serve runs the server until ctx ends, then closes all connections with code 1012.
func serve(ctx context.Context, cmd settings.Command, reloader reloader, stdout, stderr io.Writer) (failed error) {
	cfg := cmd.Serve
	level := new(slog.LevelVar)
	level.Set(levelOf(cfg))
	log := newLogger(cfg, level, stderr)
	if err := codec.Pretouch(); err != nil {
		return err
	}
	if !codec.Fast() {
		log.Warn("json: sonic does not support this Go version or CPU, encoding/json is used: messages cost more processor time", "go", runtime.Version(), "arch", runtime.GOARCH)
	}
	data, err := openData(cfg, log)
	if err != nil {
		return err
	}
	if data != nil {
		defer func() { failed = errors.Join(failed, data.Close()) }()
	}
	s, err := newServer(cfg, log, level, data)
	if err != nil {
		return err
	}
	s.effective, s.reloader = cmd.Settings, reloader
	public, admin, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, greeting(public, admin, cfg.TLSCert != "")); err != nil {
		log.Warn("start line not written, stdout is closed", "error", err)
	}
	return s.serve(ctx, public, admin)
}

// farewell returns the close status for one client, with a random time after which the client is to reconnect.
// left is the time until all other clients are closed. The reconnects begin half a second after that. They are spread
// evenly over the drain window, or over 5 seconds if the window is shorter.
func (s *server) farewell(left time.Duration) engine.CloseStatus {
	return routes.Farewell(left + 500*time.Millisecond + rand.N(max(s.reloaded.Load().drainWindow, 5*time.Second)))
}

// opened returns the total number of connections opened so far.
func (s *server) opened() uint64 {
	stats := s.engine.Stats()
	return uint64(stats.Counts[engine.Upgrades] + stats.Counts[engine.Streams])
}

// serve runs until ctx ends, or until a listener or the bus fails. It returns when all its goroutines have ended.
func (s *server) serve(ctx context.Context, public, admin net.Listener) error {
	var running sync.WaitGroup
	background, stopBackground := context.WithCancel(context.Background()) // ends after the drain
	for _, hub := range s.hubs() {
		running.Go(func() { hub.Serve(background) })
	}
	ended := make(chan error, 3) // one per listener, and one for the bus
	if s.bus != nil {
		running.Go(func() {
			if err := s.bus.Serve(background, nodeName(public)); err != nil {
				ended <- err
			}
		})
	}
	s.webhooks.Start()
	running.Go(func() { s.routes.Run(background) })
	if s.channels != nil {
		running.Go(func() { s.channels.Run(background) })
	}
	running.Go(func() { s.guard.Run(background) })
	running.Go(func() { s.overloads.Watch(background) })
	running.Go(func() { s.memory.Run(background, debug.FreeOSMemory) })
	running.Go(func() {
		memory.AfterBursts(background, s.opened, memory.Collect)
	})

	adminServer := &http.Server{ReadHeaderTimeout: s.cfg.HandshakeTimeout, ErrorLog: s.admin.ErrorLog()}
	if admin != nil {
		adminServer.Handler = s.admin.Handler(admin.Addr())
		running.Go(func() { ended <- adminServer.Serve(admin) })
	}
	running.Go(func() {
		s.awaitData(ctx)
		ended <- s.engine.Serve(public, s.guard.OwnHosts(public.Addr(), s.public()))
	})

	failed := s.await(ctx, ended)
	live := s.reloaded.Load()
	open := int(s.engine.Stats().Counts[engine.Connections])
	s.admin.BeginDrain(open, live.drainDelay, live.drainWindow)
	s.log.Info("stopping: closing connections over the drain window", "connections", open, "delay", live.drainDelay, "window", live.drainWindow)
	if failed == nil {
		time.Sleep(live.drainDelay)
	}
	draining, cancel := context.WithTimeout(context.Background(), live.drainWindow+drainTimeout)
	defer cancel()
	if err := s.engine.Shutdown(draining); err != nil {
		s.log.Warn("stopping: connections left after the drain window were cut off", "error", err)
	}
	for _, hub := range s.hubs() {
		hub.AnnouncePending(time.Now().UnixMilli()) // the last leaves
	}
	if s.bus != nil {
		s.bus.Flush(draining)
	}
	s.webhooks.Shutdown(draining)
	stopBackground()
	closing := adminServer.Close()
	s.routes.Wait()
	if s.channels != nil {
		s.channels.Wait()
	}
	running.Wait()
	s.log.Info("stopped: all connections are closed")
	return errors.Join(failed, closing)
}

// await waits until ctx ends, or until a listener or the bus ends. It returns the error of the listener or the bus; nil
// if ctx has ended. It reloads the settings at each signal.
func (s *server) await(ctx context.Context, ended <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return err
		case <-s.reloader.signal:
			s.reload()
		}
	}
}

// listen opens both listeners. admin is nil if --admin is empty. TCP keep-alive is off, because the
// heartbeat of the engine detects dead connections.
func listen(ctx context.Context, cfg settings.Serve) (public, admin net.Listener, err error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false) // so that connections inherit the options of the listener
	public, err = lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("--listen: %w; choose another address with --listen or PLENUM_LISTEN", err)
	}
	if cfg.Admin == "" {
		return public, nil, nil
	}
	admin, err = lc.Listen(ctx, "tcp", cfg.Admin)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("--admin: %w; choose another address with --admin or PLENUM_ADMIN", err), public.Close())
	}
	return public, admin, nil
}

// greeting returns the only line that the server prints to stdout. It has the URLs of both listeners.
func greeting(public, admin net.Listener, tls bool) string {
	scheme := "http"
	if tls {
		scheme = "https"
	}
	line := "plenum serves " + openURL(scheme, public)
	if admin != nil {
		line += " (admin " + openURL("http", admin) + ")"
	}
	return line
}

// openURL returns a URL with which a browser on this machine can reach ln.
func openURL(scheme string, ln net.Listener) string {
	addr := ln.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "localhost"
	}
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(host, fmt.Sprint(addr.Port)), Path: "/"}
	return u.String()
}

func newLogger(cfg settings.Serve, level *slog.LevelVar, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
