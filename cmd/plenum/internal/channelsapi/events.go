package channelsapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bytedance/sonic"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
)

// bodies decodes bodies of back ends. It ignores unknown keys, as the protocol demands.
var bodies = sonic.Config{ValidateString: true, CopyString: true}.Froze()

// decode decodes the body into v. It reports whether the body is UTF-8 and has the form of v.
func (c *call) decode(v any) bool { return utf8.Valid(c.body) && bodies.Unmarshal(c.body, v) == nil }

// event is an event from a back end.
type event struct {
	Name     string   `json:"name"`
	Data     *string  `json:"data"`
	Channel  string   `json:"channel"`
	Channels []string `json:"channels"` // not in a batch
	SocketID string   `json:"socket_id"`
	Info     string   `json:"info"`

	attributes []string // of Info
}

// postEvent answers POST /apps/{app}/events.
func (a *API) postEvent(c *call) (any, error) {
	var e event
	if !c.decode(&e) {
		return nil, invalid(`the body must be a JSON object like {"name":"order","channels":["shop"],"data":"{}"}, where name, channel, data, socket_id and info are strings`)
	}
	if e.Channels != nil && e.Channel != "" {
		return nil, invalid("channel and channels must not be given together")
	}
	if e.Channels == nil {
		e.Channels = []string{e.Channel}
	}
	if err := e.check(c.settings.Limits); err != nil {
		return nil, err
	}
	if err := a.publish(c, []event{e}); err != nil {
		return nil, err
	}
	if len(e.attributes) == 0 {
		return struct{}{}, nil
	}
	described := map[string]attributes{}
	for _, channel := range e.Channels {
		described[channel] = a.published(c, channel, e.attributes)
	}
	return channelsAnswer{described}, nil
}

// batch is the body of a batch.
type batch struct {
	Batch []event `json:"batch"`
}

// batchAnswer is the answer to a batch whose events ask for attributes. It has an element for each event.
type batchAnswer struct {
	Batch []attributes `json:"batch"`
}

// postBatch answers POST /apps/{app}/batch_events. It publishes nothing if an event is invalid.
func (a *API) postBatch(c *call) (any, error) {
	var b batch
	if !c.decode(&b) || len(b.Batch) == 0 {
		return nil, invalid(`the body must be a JSON object like {"batch":[{"name":"order","channel":"shop","data":"{}"}]}, where name, channel, data, socket_id and info are strings`)
	}
	if most := c.settings.Limits.BatchEvents; len(b.Batch) > most {
		return nil, invalid(fmt.Sprintf("batch must have at most %d events (limits.batch-events of the app)", most))
	}
	asked := false
	for i := range b.Batch {
		e := &b.Batch[i]
		if e.Channels != nil {
			return nil, invalid(fmt.Sprintf("batch[%d]: an event of a batch must have a channel, not channels", i))
		}
		e.Channels = []string{e.Channel}
		if err := e.check(c.settings.Limits); err != nil {
			f := failureOf(err)
			f.text = fmt.Sprintf("batch[%d]: %s", i, f.text)
			return nil, f
		}
		asked = asked || len(e.attributes) > 0
	}
	if err := a.publish(c, b.Batch); err != nil || !asked {
		return struct{}{}, err
	}
	var all batchAnswer
	for _, e := range b.Batch {
		all.Batch = append(all.Batch, a.published(c, e.Channel, e.attributes))
	}
	return all, nil
}

// published returns the attributes of the channel of an event that is published. An attribute that cannot be read is left out: an
// error would make the back end publish the event again.
func (a *API) published(c *call, channel string, asked []string) attributes {
	known, _ := a.describe(c, channel, asked)
	return known
}

// check checks the event and removes repeated channels.
func (e *event) check(l apps.Limits) (err error) {
	badName := pusher.CheckName(e.Name)
	switch {
	case badName != nil:
		return invalid(strings.TrimPrefix(badName.Error(), "pusher: "))
	case e.Data == nil:
		return invalid("data must be a string")
	case len(*e.Data) > l.Payload:
		return failure{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("data must not be longer than %d bytes (limits.payload of the app)", l.Payload)}
	case e.SocketID != "" && !pusher.ValidSocketID(e.SocketID):
		return invalid("socket_id must be two numbers with a dot between them")
	case len(e.Channels) == 0:
		return invalid("channels must not be empty")
	case len(e.Channels) > l.EventChannels:
		return invalid(fmt.Sprintf("channels must have at most %d elements (limits.event-channels of the app)", l.EventChannels))
	}
	for _, channel := range e.Channels {
		if _, err := pusher.ParseChannel(channel); err != nil {
			return invalidChannel
		}
	}
	e.Channels = distinct(e.Channels)
	e.attributes, err = info(e.Info, "user_count", "subscription_count")
	return err
}

// distinct removes repeated names, and keeps the order of the others.
func distinct(names []string) []string {
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	})
}
