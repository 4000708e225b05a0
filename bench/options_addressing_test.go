package bench

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheOptionsOfTheAddressAreNotThoseOfTheLoad(t *testing.T) {
	text, err := json.Marshal(&Fan{Traffic: Traffic{Options: Options{
		Broker: "127.0.0.1:8222", Node: []string{"127.0.0.1:1"}, Hello: []string{"x"}, Publish: "x", Ping: "x", Pong: "x", Speak: "raw", PID: 1,
	}}})
	require.NoError(t, err)
	var options map[string]any
	require.NoError(t, json.Unmarshal(text, &options))
	for _, key := range addressing {
		assert.Contains(t, options, key, "the key of an option")
		assert.True(t, IsAddressing(key))
	}
	for _, key := range []string{"rate", "members", "duration", "loops", "compression", "payload"} {
		assert.False(t, IsAddressing(key), key)
	}
}
