package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is kept of many rooms must not take the memory that connections need.
func TestHistoryTakesAQuarterOfTheMemoryAtMost(t *testing.T) {
	s := start(t, "--memory-limit=32MiB", "--max-message=1MiB")
	text := strings.Repeat("x", 200_000)
	for i := range 100 { // 20 MB
		status, _, _ := call(t, "POST", s.url+fmt.Sprintf("/api/rooms/r%d/messages", i), `{"text":"`+text+`"}`)
		require.Equal(t, 202, status)
	}
	require.Eventually(t, func() bool {
		kept, err := strconv.ParseFloat(s.metric(t, "plenum_history_bytes"), 64)
		require.NoError(t, err)
		return kept <= 8<<20
	}, wait, tick)
	assert.NotEqual(t, "0", s.metric(t, "plenum_history_forgotten_total"))
	status, _ := get(t, s.url+"/api/rooms/r99")
	assert.Equal(t, 200, status)
	status, _ = get(t, s.url+"/api/rooms/r0")
	assert.Equal(t, 404, status, "the one not used for longest")
}
