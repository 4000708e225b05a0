//go:build storm

package storm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plenum/codec/pusher"
)

// backEnd publishes an event per second in each channel, by the signed HTTP API. It does not repeat a failed call.
type backEnd struct {
	at   *address
	http *http.Client

	mu      sync.Mutex
	taken   [channels]numbers // events that the server has answered with 200
	refused int               // connection refused: certainly not published
	unknown int               // all other failures
	err     error             // the last of them
}

func newBackEnd(t *testing.T, at *address) *backEnd {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	return &backEnd{at: at, http: &http.Client{Transport: transport, Timeout: 5 * time.Second}}
}

// publish publishes the event with a number in a channel.
func (b *backEnd) publish(channel, number int) error {
	body := fmt.Appendf(nil, `{"name":"tick","channel":"%s","data":"%d"}`, channelName(channel), number)
	path := "/apps/" + appID + "/events"
	query := fmt.Sprintf("auth_key=%s&auth_timestamp=%d&auth_version=1.0&body_md5=%s", appKey, time.Now().Unix(), pusher.BodyMD5(body))
	signature := pusher.Sign(appSecret, "POST\n"+path+"\n"+query)
	response, err := b.http.Post("http://"+*b.at.host.Load()+path+"?"+query+"&auth_signature="+signature, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("events: %s", response.Status)
	}
	return nil
}

// note notes the outcome of publish.
func (b *backEnd) note(channel, number int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.taken[channel].add(number)
	case errors.Is(err, unix.ECONNREFUSED):
		b.refused++
	default:
		b.unknown++
		b.err = err
	}
}

// publishAll publishes in all channels in turn, until ctx ends. The first member of each channel sends a client event at the
// same time. It returns the number of the last events.
func publishAll(ctx context.Context, b *backEnd, c *crowd) (last int) {
	ticker := time.NewTicker(time.Second / channels)
	defer ticker.Stop()
	var publishing sync.WaitGroup
	defer publishing.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return i/channels + 1
		case <-ticker.C:
		}
		channel, number := i%channels, i/channels
		c.members[channel].say(number)
		publishing.Go(func() { b.note(channel, number, b.publish(channel, number)) })
	}
}
