package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"time"

	"plenum/cmd/plenum/internal/auth"
	"plenum/cmd/plenum/internal/settings"
	"plenum/engine"
)

// live is what SIGHUP can change, besides the rules of the guard and the limits of the engine.
type live struct {
	drainDelay  time.Duration
	drainWindow time.Duration
	certificate *tls.Certificate // nil: no TLS
}

// reloading is how the settings are read again: by parse, at each signal.
type reloading struct {
	signal <-chan os.Signal
	parse  func() (settings.Command, error)
}

// apply has the server work by those of cfg that can be changed while it serves.
func (s *server) apply(cfg settings.Serve) error {
	verifier, err := cfg.Verifier()
	if err != nil {
		return err
	}
	certificate, err := cfg.Certificate()
	if err != nil {
		return err
	}
	switch before := s.live.Load(); {
	case before == nil:
	case (verifier != nil) != s.guard.NeedsToken():
		return errors.New("sign-in is turned on and off only by a restart")
	case (certificate == nil) != (before.certificate == nil):
		return errors.New("TLS is turned on and off only by a restart")
	}
	s.guard.Apply(cfg.Origins, cfg.Hosts, verifier)
	s.live.Store(&live{drainDelay: cfg.DrainDelay, drainWindow: cfg.DrainWindow, certificate: certificate})
	if certificate != nil && time.Now().After(certificate.Leaf.NotAfter) {
		s.log.Warn("tls: certificate expired, clients refuse to connect: renew it and send SIGHUP", "expired", certificate.Leaf.NotAfter)
	}
	s.warnOfKeys(cfg, verifier)
	s.level.Set(levelOf(cfg))
	return s.engine.SetLimits(engine.Limits{
		AcceptRate: cfg.AcceptRate, RateMessages: cfg.RateMessages, RateBytes: int(cfg.RateBytes), DrainWindow: cfg.DrainWindow,
	})
}

// warnOfKeys tells of the keys of --jwt-jwks that cannot be used. verifier may be nil.
func (s *server) warnOfKeys(cfg settings.Serve, verifier *auth.Verifier) {
	if verifier == nil {
		return
	}
	for _, why := range verifier.Skipped() {
		s.log.Warn("sign-in: key of --jwt-jwks skipped, its tokens are refused: correct the file and send SIGHUP", "file", cfg.JWTJWKS, "error", why)
	}
}

// reload reads the settings again, and tells which are in effect now and which will not
// be before the next start.
func (s *server) reload() {
	shown := s.live.Load().certificate
	next, err := s.again.parse()
	if err == nil {
		err = s.apply(next.Serve)
	}
	if err != nil {
		s.log.Error("settings: reload failed, nothing changed: correct the setting and send SIGHUP again", "error", err)
		return
	}
	changed, restart := []string{}, []string{}
	if now := s.live.Load().certificate; now != nil && !now.Leaf.Equal(shown.Leaf) {
		changed = append(changed, "certificate")
	}
	for i, now := range next.Settings {
		switch {
		case now.Value == s.effective[i].Value:
		case now.Reloadable:
			changed = append(changed, now.Name)
			s.effective[i] = now
		default:
			restart = append(restart, now.Name)
		}
	}
	if len(restart) > 0 {
		s.log.Warn("settings: reloaded, restart to apply the others", "changed", changed, "need_restart", restart)
		return
	}
	s.log.Info("settings: reloaded, changes are in effect", "changed", changed)
}

func levelOf(cfg settings.Serve) slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked by settings
	return level
}
