package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
)

// httpLog takes net/http's lines: a panic is a fault of ours, the rest are its
// clients' and told at debug.
type httpLog struct{ to *slog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic")) {
		level = slog.LevelError
	}
	l.to.Log(context.Background(), level, strings.TrimSpace(string(line)))
	return len(line), nil
}
