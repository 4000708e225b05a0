package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/speak"
	"plenum/codec/pusher"
)

// presenceTo returns a short run against h, in which 20 users join. Its test must not be parallel: presence waits until the server,
// which is this process, is idle.
func presenceTo(h *fakeserver.Hub) *Presence {
	o := trafficTo(h, 300*time.Millisecond).Options
	o.Speak, o.App = speak.Pusher, fakeserver.AppKey+":"+fakeserver.AppSecret
	return &Presence{Options: o, Members: 20, Rate: 1000, List: 5, Info: 16}
}

func TestEachUserOfAPresenceChannelReceivesTheListWithItself(t *testing.T) {
	r := measured(t, presenceTo(fakeserver.NewHub(t)))
	require.Empty(t, r.Failures)
	f := r.Presence
	assert.EqualValues(t, 20, f.Joined)
	require.NotNil(t, f.JoinMs)
	assert.Positive(t, f.JoinMs.P99)
	assert.Positive(t, f.Seconds)
	assert.Equal(t, 5, f.First.Members)
	assert.Equal(t, 15, f.Later.Members)
	assert.EqualValues(t, 1, f.Later.Frames)
	assert.Positive(t, f.First.Bytes)
	assert.Positive(t, f.ListBytes)
	assert.Equal(t, f.ListBytesMax, max(f.First.BytesMax, f.Later.BytesMax), "nobody receives more than the list")
}

func TestAListThatMissesAUserFailsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		list func(all []pusher.User) []pusher.User
		want string
	}{
		"itself":   {func(all []pusher.User) []pusher.User { return all[:max(1, len(all)-1)] }, "19 lists without their own user, or not complete"},
		"another":  {func(all []pusher.User) []pusher.User { return slices.Delete(slices.Clone(all), 0, min(2, len(all))-1) }, "4 lists without their own user, or not complete"},
		"everyone": {func(all []pusher.User) []pusher.User { return all[:len(all)*min(1, 20-len(all))] }, "1 users without a list"},
	} {
		t.Run(name, func(t *testing.T) {
			h := fakeserver.NewHub(t)
			h.OnList(c.list)
			assert.Equal(t, []string{c.want}, measured(t, presenceTo(h)).Failures)
		})
	}
}

func TestAnAppThatTheServerDoesNotKnowIsNamed(t *testing.T) {
	p := presenceTo(fakeserver.NewHub(t))
	p.App = "other:secret"
	_, err := p.Run(fakeserver.Context(t), &drive.Driver{})
	assert.ErrorContains(t, err, "20 of 20 connections have received no socket id: is the app of --app known to the server?")
}
