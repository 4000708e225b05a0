package client

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
)

func TestWaitsAreRandomBelowABoundThatDoubles(t *testing.T) {
	var b backoff
	var bounds []time.Duration
	draw := func(below time.Duration) time.Duration {
		bounds = append(bounds, below)
		return below / 3
	}
	for range 9 {
		assert.Equal(t, b.next(draw), bounds[len(bounds)-1]/3)
	}
	ms := time.Millisecond
	assert.Equal(t, []time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms, 16000 * ms, 30000 * ms, 30000 * ms}, bounds)
	b.reset()
	b.next(draw)
	assert.Equal(t, 250*ms, bounds[9])
}

func TestAdviceFollowsTheCloseCodeOrStatus(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		why  error
		want advice
	}{
		{io.EOF, advice{}},
		{websocket.CloseError{Code: 1001}, advice{}},
		{websocket.CloseError{Code: 1006}, advice{}},
		{websocket.CloseError{Code: 1008, Reason: "Kicked"}, advice{final: true}},
		{websocket.CloseError{Code: 1009, Reason: "message too big"}, advice{}},
		{websocket.CloseError{Code: 1011, Reason: "Ping timeout"}, advice{}},
		{websocket.CloseError{Code: 1012, Reason: "Restarting; retry in 4321 ms"}, advice{atLeast: 4321 * time.Millisecond, planned: true}},
		{websocket.CloseError{Code: 1012, Reason: "Restarting; retry in 999999999 ms"}, advice{atLeast: maxServerWait, planned: true}},
		{websocket.CloseError{Code: 1012, Reason: "Restarting; retry in 99999999999999999999 ms"}, advice{}},
		{websocket.CloseError{Code: 1012}, advice{}},
		{websocket.CloseError{Code: 1013, Reason: "Too slow"}, advice{atLeast: time.Second}},
		{websocket.CloseError{Code: 1013, Reason: "retry in 10 ms"}, advice{atLeast: time.Second}},
		{websocket.CloseError{Code: 1013, Reason: "retry in 2000 ms"}, advice{atLeast: 2 * time.Second}},
		{websocket.CloseError{Code: 4001, Reason: "Token expired"}, advice{}},
		{fmt.Errorf("read: %w", websocket.CloseError{Code: 1008}), advice{final: true}},
		{statusError{503, "5"}, advice{atLeast: 5 * time.Second}},
		{statusError{503, ""}, advice{}},
		{statusError{503, "soon"}, advice{}},
		{statusError{429, "3"}, advice{atLeast: 3 * time.Second}},
		{statusError{429, "4000000000"}, advice{atLeast: maxServerWait}},
		{statusError{503, now.Add(7 * time.Second).Format(http.TimeFormat)}, advice{atLeast: 7 * time.Second}},
		{statusError{503, now.Add(-7 * time.Second).Format(http.TimeFormat)}, advice{}},
		{statusError{408, ""}, advice{}},
		{statusError{425, ""}, advice{}},
		{statusError{502, "9"}, advice{}},
		{statusError{401, ""}, advice{final: true}},
		{statusError{403, ""}, advice{final: true}},
		{statusError{404, ""}, advice{final: true}},
	} {
		assert.Equal(t, tc.want, advise(tc.why, now), "%v", tc.why)
	}
}
