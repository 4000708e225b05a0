package engine

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/lesismal/nbio/logging"
)

// nbioLog passes nbio's lines on to ours. nbio has one logger a process, so it
// is the newest Engine's.
type nbioLog struct{ to atomic.Pointer[slog.Logger] }

var nbioLines nbioLog

func init() {
	nbioLines.to.Store(slog.New(slog.DiscardHandler))
	logging.SetLogger(&nbioLines)
}

func (l *nbioLog) SetLevel(int)             {}
func (l *nbioLog) Debug(f string, v ...any) {}
func (l *nbioLog) Info(f string, v ...any)  { l.to.Load().Debug(fmt.Sprintf(f, v...)) }
func (l *nbioLog) Warn(f string, v ...any)  { l.to.Load().Warn(fmt.Sprintf(f, v...)) }
func (l *nbioLog) Error(f string, v ...any) { l.to.Load().Error(fmt.Sprintf(f, v...)) }
