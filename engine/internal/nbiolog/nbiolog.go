// Package nbiolog redirects the log of nbio to a slog.Logger.
package nbiolog

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/lesismal/nbio/logging"
)

// LogTo redirects the log of nbio to logger. nbio has one logger per process, so the last call counts.
func LogTo(logger *slog.Logger) { nbioLines.to.Store(logger) }

// nbioLog implements nbio's Logger.
type nbioLog struct{ to atomic.Pointer[slog.Logger] }

var nbioLines nbioLog

func init() {
	nbioLines.to.Store(slog.New(slog.DiscardHandler))
	logging.SetLogger(&nbioLines)
}

func (l *nbioLog) SetLevel(int)             {}
func (l *nbioLog) Debug(f string, v ...any) {}
func (l *nbioLog) Info(f string, v ...any) {
	l.to.Load().Debug("nbio: event loop reported", "detail", fmt.Sprintf(f, v...))
}
func (l *nbioLog) Warn(f string, v ...any) {
	l.to.Load().Warn("nbio: event loop reported a problem", "detail", fmt.Sprintf(f, v...))
}
func (l *nbioLog) Error(f string, v ...any) {
	l.to.Load().Error("nbio: event loop reported an error, restart the server if connections stop being served", "detail", fmt.Sprintf(f, v...))
}
