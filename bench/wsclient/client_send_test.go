package wsclient

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"plenum/bench/internal/fakeserver"
)

func TestMessagesSentTogetherLeaveInOneWrite(t *testing.T) {
	peer := fakeserver.NewRawServer(t)
	r := newRecorder(t, Config{Loops: 1})
	c, err := r.Dial(fakeserver.Context(t), peer.URL, 0)
	require.NoError(t, err)
	server := <-peer.Accepted
	defer unix.Close(server)
	received := func() *unix.TCPInfo {
		info, err := unix.GetsockoptTCPInfo(server, unix.IPPROTO_TCP, unix.TCP_INFO)
		require.NoError(t, err)
		return info
	}
	const messages, size = 20, 200
	texts := make([][]byte, messages)
	for i := range texts {
		texts[i] = make([]byte, size)
	}
	before := received()
	require.NoError(t, c.SendTogether(texts, 0))
	const header = 8 // with a length of two bytes and the key
	assert.Eventually(t, func() bool {
		return received().Bytes_received == before.Bytes_received+messages*(header+size)
	}, fakeserver.Timeout, time.Millisecond)
	assert.EqualValues(t, 1, received().Data_segs_in-before.Data_segs_in)
	assert.EqualValues(t, messages, r.Stats().Sent)
}
