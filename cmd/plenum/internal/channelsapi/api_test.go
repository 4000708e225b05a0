package channelsapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/codec/pusher"
	"plenum/rooms"
)

func TestAnEventReachesTheSubscribersOfItsChannels(t *testing.T) {
	f := newFixture(t)
	one, two, other := f.subscribes("1/a", ""), f.subscribes("1/private-b", ""), f.subscribes("2/a", "")
	assert.Equal(t, `200 {}`, f.asks("POST /events", `{"name":"order","channels":["a","private-b","a"],"data":"{\"n\":1}","socket_id":"1.2","later":[1]}`))
	assert.Equal(t, `{"event":"order","channel":"a","data":"{\"n\":1}","seq":1}`, one.receives(t))
	assert.Equal(t, `{"event":"order","channel":"private-b","data":"{\"n\":1}","seq":1}`, two.receives(t))
	assert.Equal(t, `200 {}`, f.asks("POST /events", `{"name":"order","channel":"a","data":""}`))
	assert.Equal(t, `{"event":"order","channel":"a","data":"","seq":2}`, one.receives(t), "the repeated channel got the event once")
	assert.Empty(t, other.sent)
	app := f.apps.ByID("1").Counts()
	assert.EqualValues(t, 2, app[apps.Requests])
	assert.EqualValues(t, 3, app[apps.Events])
	assert.EqualValues(t, 0, app[apps.RequestsRefused])
}

func TestABatchIsPublishedInOrder(t *testing.T) {
	f := newFixture(t)
	one := f.subscribes("1/a", "")
	assert.Equal(t, `200 {}`, f.asks("POST /batch_events", `{"batch":[{"name":"x","channel":"a","data":"1"},{"name":"y","channel":"a","data":"2"}]}`))
	got := one.receives(t)
	if !strings.Contains(got, `"event":"y"`) {
		got += one.receives(t)
	}
	assert.Less(t, strings.Index(got, `"event":"x"`), strings.Index(got, `"event":"y"`))
	assert.Equal(t, `200 {"batch":[{},{"subscription_count":1}]}`,
		f.asks("POST /batch_events", `{"batch":[{"name":"x","channel":"a","data":"1"},{"name":"y","channel":"a","data":"2","info":"subscription_count"}]}`))
}

func TestAnEventAnswersTheAttributesOfItsChannels(t *testing.T) {
	f := newFixture(t)
	f.subscribes("1/presence-a", "alex")
	f.subscribes("1/presence-a", "alex")
	assert.Equal(t, `200 {"channels":{"b":{"subscription_count":0},"presence-a":{"user_count":1,"subscription_count":2}}}`,
		f.asks("POST /events", `{"name":"x","channels":["presence-a","b"],"data":"","info":"user_count,subscription_count"}`))
}

// awayDirectory is the directory of a node that reaches no broker any more.
type awayDirectory struct{ rooms.LocalDirectory }

func (awayDirectory) Room(context.Context, string) (rooms.Info, bool, error) {
	return rooms.Info{}, false, rooms.ErrBus
}

// An error would make the back end publish the event again.
func TestAPublishedEventIsNoErrorIfTheAttributesOfItsChannelsCannotBeRead(t *testing.T) {
	f := newFixtureWith(t, func(hub *rooms.Hub) awayDirectory { return awayDirectory{rooms.NewLocalDirectory(hub)} })
	one := f.subscribes("1/a", "")
	assert.Equal(t, `200 {"channels":{"a":{}}}`, f.asks("POST /events", `{"name":"x","channel":"a","data":"1","info":"subscription_count"}`))
	assert.Contains(t, one.receives(t), `"event":"x"`)
	assert.Equal(t, `200 {"batch":[{}]}`, f.asks("POST /batch_events", `{"batch":[{"name":"y","channel":"a","data":"2","info":"subscription_count"}]}`))
	assert.Contains(t, one.receives(t), `"event":"y"`)
}

func TestOccupiedChannelsAreListed(t *testing.T) {
	f := newFixture(t)
	for _, room := range []string{"1/a", "1/presence-a", "1/presence-a", "1/presence-b", "1/presencf", "2/b", "10/c", "1/#server-to-user-x"} {
		f.subscribes(room, "alex")
	}
	f.asks("POST /events", `{"name":"x","channel":"empty","data":""}`)
	assert.Equal(t, `200 {"channels":{"a":{},"presence-a":{},"presence-b":{},"presencf":{}}}`, f.asks("GET /channels", ""))
	assert.Equal(t, `200 {"channels":{"presence-a":{"user_count":1,"subscription_count":2},"presence-b":{"user_count":1,"subscription_count":1}}}`,
		f.asks("GET /channels?filter_by_prefix=presence-&info=user_count,subscription_count", ""))
	assert.Equal(t, `200 {"channels":{"presence-b":{}}}`, f.asks("GET /channels?filter_by_prefix=presence-b", ""))
	for _, prefix := range []string{"z", "%C3%A9", "%00", "presence-bb"} {
		assert.Equal(t, `200 {"channels":{}}`, f.asks("GET /channels?filter_by_prefix="+prefix, ""))
	}
}

func TestManyChannelsAreListed(t *testing.T) {
	f := newFixture(t)
	for i := range 2500 {
		f.subscribes(fmt.Sprint("1/c", i), "")
	}
	assert.Equal(t, 2500, strings.Count(f.asks("GET /channels?filter_by_prefix=c", ""), `{}`))
}

func TestAChannelShowsWhetherItIsOccupied(t *testing.T) {
	f := newFixture(t)
	f.subscribes("1/presence-a", "alex")
	f.subscribes("1/presence-a", "bea")
	assert.Equal(t, `200 {"occupied":true}`, f.asks("GET /channels/presence-a", ""))
	assert.Equal(t, `200 {"occupied":true,"user_count":2,"subscription_count":2}`, f.asks("GET /channels/presence-a?info=user_count,subscription_count", ""))
	assert.Equal(t, `200 {"occupied":false,"subscription_count":0}`, f.asks("GET /channels/b?info=subscription_count", ""))
}

func TestACacheChannelShowsItsLatestEvent(t *testing.T) {
	f := newFixture(t)
	assert.Equal(t, `200 {"occupied":false}`, f.asks("GET /channels/cache-a?info=cache", ""))
	f.asks("POST /events", `{"name":"x","channel":"cache-a","data":"{\"n\":1}"}`)
	assert.Regexp(t, `^200 \{"occupied":false,"cache":\{"data":"\{\\"n\\":1\}","ttl":1(799|800)\}\}$`, f.asks("GET /channels/cache-a?info=cache", ""))
	assert.Equal(t, `400 {"error":"info may have cache only for a cache channel"}`, f.asks("GET /channels/a?info=cache", ""))
}

func TestTheUsersOfAPresenceChannelAreListedOnce(t *testing.T) {
	f := newFixture(t)
	for i := range 1500 {
		f.subscribes("1/presence-a", fmt.Sprint(i))
		f.subscribes("1/presence-a", fmt.Sprint(i))
	}
	assert.Equal(t, 1500, strings.Count(f.asks("GET /channels/presence-a/users", ""), `{"id":`))
	assert.Equal(t, `200 {"users":[]}`, f.asks("GET /channels/presence-b/users", ""))
	assert.Equal(t, `400 {"error":"only a presence channel has users"}`, f.asks("GET /channels/b/users", ""))
}

func TestTerminatingClosesTheConnectionsOfTheUser(t *testing.T) {
	f := newFixture(t)
	alex, bea, elsewhere := f.subscribes("1/#server-to-user-a/b", "a/b"), f.subscribes("1/#server-to-user-bea", "bea"), f.subscribes("2/#server-to-user-a/b", "a/b")
	path := "/apps/1/users/a/b/terminate_connections" // signed decoded, sent escaped
	status, _ := f.sends("POST", strings.Replace(target("POST", path, "", "{}"), "a/b", "a%2Fb", 1), "{}")
	assert.Equal(t, 200, status)
	assert.Equal(t, 4009, <-alex.closed)
	again := f.subscribes("1/#server-to-user-a/b", "a/b")
	assert.Equal(t, `200 {}`, f.asks("POST /users/a/b/terminate_connections", "{}"), "the library for Node does not escape the slash")
	assert.Equal(t, 4009, <-again.closed)
	assert.Empty(t, bea.closed)
	assert.Empty(t, elsewhere.closed)
	assert.Equal(t, `200 {}`, f.asks("POST /users/nobody/terminate_connections", ""))

	path = "/users/bea/terminate_connections" // of the library for Python
	status, _ = f.sends("POST", target("POST", path, "", "{}"), "{}")
	assert.Equal(t, 200, status)
	assert.Equal(t, 4009, <-bea.closed)
	status, _ = f.sends("POST", target("POST", path, "auth_key=other", "{}"), "{}")
	assert.Equal(t, 401, status)
	status, _ = f.sends("POST", target("POST", path, "auth_key=unknown", "{}"), "{}")
	assert.Equal(t, 404, status)
}

func TestARequestWithAWrongSignatureIsRefusedAndNothingLeaks(t *testing.T) {
	f := newFixture(t)
	subscriber := f.subscribes("1/a", "")
	const body = `{"name":"x","channel":"a","data":""}`
	old := strconv.FormatInt(time.Now().Unix()-601, 10)
	for name, tc := range map[string]struct{ target, body, want string }{
		"no signature":    {"/apps/1/events", body, pusher.ErrAuthKey.Error()},
		"wrong signature": {target("POST", "/apps/1/events", "auth_signature="+strings.Repeat("0", 64), body), body, pusher.ErrSignature.Error()},
		"other app":       {target("POST", "/apps/2/events", "auth_key=other", body), body, pusher.ErrSignature.Error()},
		"other key":       {target("POST", "/apps/1/events", "auth_key=other", body), body, pusher.ErrAuthKey.Error()},
		"old":             {target("POST", "/apps/1/events", "auth_timestamp="+old, body), body, pusher.ErrAuthTimestamp.Error()},
		"other body":      {target("POST", "/apps/1/events", "", body), strings.Replace(body, "x", "y", 1), pusher.ErrBodyMD5.Error()},
		"no MD5":          {target("POST", "/apps/1/events", "", ""), body, pusher.ErrBodyMD5.Error()},
		"other path":      {strings.Replace(target("POST", "/apps/1/events", "", body), "events", "batch_events", 1), body, pusher.ErrSignature.Error()},
	} {
		status, answer := f.sends("POST", tc.target, tc.body)
		assert.Equal(t, 401, status, name)
		assert.Equal(t, `{"error":"`+tc.want+`"}`, answer, name)
		assert.NotContains(t, answer, secret)
	}
	assert.Empty(t, subscriber.sent)
	counts := f.apps.ByID("1").Counts()
	assert.EqualValues(t, 7, counts[apps.RequestsRefused])
	assert.Equal(t, counts[apps.RequestsRefused], counts[apps.Requests])
	assert.EqualValues(t, 0, counts[apps.Events])
}

func TestTheBodyOfAnUnsignedRequestIsNotRead(t *testing.T) {
	f := newFixture(t)
	never, _ := io.Pipe() // its first byte never comes
	r, err := http.NewRequest("POST", f.url+"/apps/1/events", never)
	require.NoError(t, err)
	r.ContentLength = 10 << 20
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	assert.Equal(t, 401, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
}

func TestInvalidRequestsAreAnsweredWithTheReason(t *testing.T) {
	f := newFixture(t, func(c *apps.Config) { c.Limits.Payload = 1000 })
	event := func(fields string) string { return `{"name":"x","channel":"a","data":"",` + fields + `}` }
	many := `["` + strings.Repeat(`a","`, 10_000) + `a"]`
	for _, tc := range []struct{ request, body, want string }{
		{"POST /events", `{`, "400 the body must be a JSON object like"},
		{"POST /events", `[]`, "400 the body must be a JSON object like"},
		{"POST /events", ``, "400 the body must be a JSON object like"},
		{"POST /events", `{"name":"x","channel":"a","data":{"n":1}}`, "400 the body must be a JSON object like"},
		{"POST /events", "{\"name\":\"x\",\"channel\":\"a\",\"data\":\"\xff\"}", "400 the body must be a JSON object like"},
		{"POST /events", `{"name":"x","channel":"a"}`, "400 data must be a string"},
		{"POST /events", `{"channel":"a","data":""}`, "400 name must have 1 to 200 bytes"},
		{"POST /events", `{"name":"` + strings.Repeat("x", 201) + `","channel":"a","data":""}`, "400 name must have 1 to 200 bytes"},
		{"POST /events", `{"name":"pusher:error","channel":"a","data":""}`, "400 name must not begin with pusher:,"},
		{"POST /events", `{"name":"x","data":""}`, "400 a channel's name must have"},
		{"POST /events", `{"name":"x","channel":"a/b","data":""}`, "400 a channel's name must have"},
		{"POST /events", `{"name":"x","channel":"#x","data":""}`, "400 a channel's name must have"},
		{"POST /events", `{"name":"x","channel":"` + strings.Repeat("x", 201) + `","data":""}`, "400 a channel's name must have"},
		{"POST /events", `{"name":"x","channels":[],"data":""}`, "400 channels must not be empty"},
		{"POST /events", `{"name":"x","channels":` + many + `,"data":""}`, "400 channels must have at most 100 elements (limits.event-channels of the app)"},
		{"POST /events", event(`"channels":["b"]`), "400 channel and channels must not be given together"},
		{"POST /events", event(`"socket_id":"1"`), "400 socket_id must be two numbers"},
		{"POST /events", event(`"socket_id":"1.2{"`), "400 socket_id must be two numbers"},
		{"POST /events", event(`"info":"size"`), "400 info must be of user_count, subscription_count"},
		{"POST /events", `{"name":"x","channel":"a","data":"` + strings.Repeat("x", 1001) + `"}`, "413 data must not be longer than 1000 bytes (limits.payload of the app)"},
		{"POST /events", strings.Repeat(" ", 10<<20), "413 the body must not be longer than"},
		{"POST /batch_events", `{"batch":[]}`, "400 the body must be a JSON object like"},
		{"POST /batch_events", `{"batch":[` + strings.Repeat(`{},`, 10) + `{}]}`, "400 batch must have at most 10 events (limits.batch-events of the app)"},
		{"POST /batch_events", `{"batch":[{"name":"x","channel":"a","data":""},{"name":"x","channel":"a b","data":""}]}`, "400 batch[1]: a channel's name"},
		{"POST /batch_events", `{"batch":[{"name":"x","channels":["a"],"data":""}]}`, "400 batch[0]: an event of a batch must have a channel"},
		{"GET /channels?info=user_count", "", "400 info may have user_count only if filter_by_prefix begins with presence-"},
		{"GET /channels?info=x", "", "400 info must be of user_count, subscription_count"},
		{"GET /channels/a?info=user_count", "", "400 info may have user_count only for a presence channel"},
		{"GET /channels/a%20b", "", "400 a channel's name must have"},
		{"GET /channels/a%20b/users", "", "400 a channel's name must have"},
		{"POST /users/" + strings.Repeat("x", 129) + "/terminate_connections", "", "400 the user's id must have 1 to 128 bytes"},
		{"GET /events", "", "405 the method must be POST"},
		{"DELETE /channels", "", "405 the method must be GET"},
		{"GET /nothing", "", "404 no such resource"},
	} {
		status, text, _ := strings.Cut(tc.want, " ")
		assert.Contains(t, f.asks(tc.request, tc.body), status+` {"error":"`+text, "%s %.100s", tc.request, tc.body)
	}
	_, found := f.hub.Room("1/a")
	assert.False(t, found, "nothing was published")
	status, answer := f.sends("GET", target("GET", "/apps/3/channels", "", ""), "")
	assert.Equal(t, `404 {"error":"no such app"}`, fmt.Sprint(status, " ", answer))
	status, answer = f.sends("GET", "/apps/1/channels?a=%zz", "")
	assert.Equal(t, `400 {"error":"the query cannot be decoded"}`, fmt.Sprint(status, " ", answer))
}

func TestAnAppMakesAtMostItsRequestsPerSecond(t *testing.T) {
	f := newFixture(t, func(c *apps.Config) { c.Limits.Requests = 2 })
	answers := map[string]int{}
	for range 10 {
		answers[f.asks("GET /channels/a", "")]++
	}
	const tooMany = `429 {"error":"more than 2 requests per second (limits.requests of the app)"}`
	assert.GreaterOrEqual(t, answers[`200 {"occupied":false}`], 2)
	assert.Equal(t, 10, answers[`200 {"occupied":false}`]+answers[tooMany], answers)
	assert.NotZero(t, answers[tooMany])
}
