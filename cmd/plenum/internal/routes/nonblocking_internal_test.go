package routes

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOnlyHandshakesThatOpenARoomOnTheBusBlock(t *testing.T) {
	for path, want := range map[string]struct{ alone, cluster bool }{
		"/ws": {true, true}, "/chat": {true, true}, "/echo/raw": {true, true},
		"/ws/chat": {true, false}, "/ws/chat/lobby": {true, false}, "/ws/chat/a/b": {true, false},
		"/": {}, "/ws/": {}, "/sse/rooms/lobby": {}, "/api/rooms": {}, "/plenum.js": {},
	} {
		r := httptest.NewRequest("GET", path, nil)
		assert.Equal(t, want.alone, NonBlocking(false)(r), path)
		assert.Equal(t, want.cluster, NonBlocking(true)(r), "%s in a cluster", path)
	}
}
