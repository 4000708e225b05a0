package suite

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNativeClientsAndThoseOfChannelsUseTheSameServer(t *testing.T) {
	all, err := ChannelsTargets("bin/plenum")
	require.NoError(t, err)
	require.Len(t, all, 2)
	native, channels := all[0], all[1]
	assert.Equal(t, []string{"plenum", "plenum-channels"}, []string{native.Name, channels.Name})
	assert.Equal(t, native.Run, channels.Run)
	assert.Equal(t, ChannelsCommand, "plenum "+strings.Join(native.Run[1:], " "))
	const host = "127.0.0.1:9"
	assert.Equal(t, []string{"--name=plenum", "--pid=7", "--url=ws://127.0.0.1:9/ws/chat/{room}?username={user}"}, native.flags(Entry{}, host, 7))
	assert.Equal(t, "--name=plenum-channels --pid=7 "+ChannelsFlags+" --url=ws://127.0.0.1:9/ws/chat/{room}?username={user}",
		strings.Join(channels.flags(Entry{}, host, 7), " "))
}

func TestNativeClientsAndThoseOfChannelsTakeTurns(t *testing.T) {
	all, err := ChannelsTargets("bin/plenum")
	require.NoError(t, err)
	var order []string
	for _, j := range schedule(Channelled()[:1], all, 4) {
		order = append(order, j.target.Name)
	}
	assert.Equal(t, "plenum plenum-channels plenum-channels plenum plenum plenum-channels plenum-channels plenum", strings.Join(order, " "))
}

func TestFiveRepeatsOfTheChannelsMeasureForLessThanTenMinutes(t *testing.T) {
	var sum time.Duration
	for _, e := range Channelled() {
		sum += e.Duration
	}
	const aside = 6 * time.Second // per run: start, opening, warm-up, stop
	assert.Less(t, 2*5*(sum+time.Duration(len(Channelled()))*aside), 10*time.Minute)
	_, err := ChooseChannelled([]string{"zipf"})
	assert.EqualError(t, err, `unknown name "zipf"; --list prints the names`)
}
