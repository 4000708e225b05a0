package bare

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/internal/fakeserver"
)

func TestEveryConnectionReceivesEveryMessageOnce(t *testing.T) {
	h := fakeserver.NewHub(t)
	o := Options{URL: h.URL, Connections: 10, Dialers: 3, Rate: 100, Payload: 200, Warmup: 100 * time.Millisecond, Duration: 200 * time.Millisecond}
	require.NoError(t, o.Validate())
	f, err := o.Run()
	require.NoError(t, err)
	assert.Equal(t, 30, f.Sent)
	assert.Equal(t, 300, f.Delivered)
	assert.EqualValues(t, 200, f.Delivery.Count, "the warm-up is not timed")
	assert.Positive(t, f.Upgrades)
}

func TestAHostNameIsResolved(t *testing.T) {
	h := fakeserver.NewHub(t)
	f, err := Options{URL: strings.Replace(h.URL, "127.0.0.1", "localhost", 1), Connections: 2, Dialers: 1, Payload: 40}.Run()
	require.NoError(t, err)
	assert.Positive(t, f.Upgrades)
}

func TestWithoutARateConnectionsAreOnlyOpened(t *testing.T) {
	h := fakeserver.NewHub(t)
	f, err := Options{URL: h.URL, Connections: 20, Dialers: 64, Payload: 40}.Run()
	require.NoError(t, err)
	assert.Zero(t, f.Sent)
	assert.Nil(t, f.Delivery)
}

func TestWhatCannotBeMeasuredIsAnError(t *testing.T) {
	good := Options{URL: "ws://127.0.0.1:1/", Connections: 1, Dialers: 1, Payload: 40}
	require.NoError(t, good.Validate())
	_, err := good.Run()
	assert.ErrorContains(t, err, "connection refused")
	for _, url := range []string{"wss://127.0.0.1:1/", "ws://no-such-host.invalid/", "ws://[::1]:1/", "%zz"} {
		o := good
		o.URL = url
		_, err := o.Run()
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), "--url: "), err)
	}
	long := good
	long.Payload = maxPayload + 1
	assert.EqualError(t, long.Validate(), "bare: --payload must be 60000 or less, because this client reads no longer frames")
	few := good
	few.Payload = 19
	assert.EqualError(t, few.Validate(), "bare: --connections and --dialers must be 1 or more, --payload 20 or more, and nothing below 0")
}
