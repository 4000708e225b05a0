package engine

import (
	"fmt"
	"log/slog"

	"github.com/lesismal/nbio/logging"
)

// nbioLog passes nbio's lines, of which it has one logger a process, on to ours.
type nbioLog struct{ to *slog.Logger }

func (l nbioLog) SetLevel(int)             {}
func (l nbioLog) Debug(f string, v ...any) {}
func (l nbioLog) Info(f string, v ...any)  { l.to.Debug(fmt.Sprintf(f, v...)) }
func (l nbioLog) Warn(f string, v ...any)  { l.to.Warn(fmt.Sprintf(f, v...)) }
func (l nbioLog) Error(f string, v ...any) { l.to.Error(fmt.Sprintf(f, v...)) }

var _ logging.Logger = nbioLog{}
