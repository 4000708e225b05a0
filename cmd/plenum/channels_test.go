package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec/pusher"
)

// The app of the tests.
const (
	appKey    = "278d425bdf160c739803"
	appSecret = "7ad3773142a6692b25b8"
)

// startApp starts a server with an app. more are further settings of the app, as JSON.
func startApp(t *testing.T, more string, flags ...string) *testServer {
	t.Helper()
	app := fmt.Sprintf(`--apps=[{"id":"7","key":"%s","secret":"%s","client-events":true%s}]`, appKey, appSecret, more)
	return start(t, append(flags, app)...)
}

// pusherClient is a connection that speaks the Pusher Channels protocol.
type pusherClient struct {
	*client
	socket string
}

var established = regexp.MustCompile(`^\{"event":"pusher:connection_established","data":"\{\\"socket_id\\":\\"(\d+\.\d+)\\",\\"activity_timeout\\":120\}"\}$`)

// connects opens a connection as pusher-js does.
func connects(t *testing.T, s *testServer) *pusherClient {
	t.Helper()
	return dial(t, s, appPath).established(t)
}

const appPath = "/app/" + appKey + "?protocol=7&client=js&version=8.6.0&flash=false"

// established reads the first event of a connection to an app.
func (c *client) established(t *testing.T) *pusherClient {
	t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(t, err)
	found := established.FindStringSubmatch(string(b))
	require.NotNil(t, found, string(b))
	return &pusherClient{c, found[1]}
}

// sendsEvent sends an event with data.
func (c *pusherClient) sendsEvent(event, channel string, data any) {
	c.t.Helper()
	b, err := json.Marshal(struct {
		Event   string `json:"event"`
		Channel string `json:"channel,omitempty"`
		Data    any    `json:"data"`
	}{event, channel, data})
	require.NoError(c.t, err)
	c.sends(string(b))
}

// asksFor sends pusher:subscribe with a valid signature. more are further fields of data.
func (c *pusherClient) asksFor(channel string, more map[string]any) {
	c.t.Helper()
	data := map[string]any{"channel": channel, "auth": ""}
	for k, v := range more {
		data[k] = v
	}
	if strings.HasPrefix(channel, "pr") {
		given, _ := data["channel_data"].(string)
		data["auth"] = appKey + ":" + pusher.Sign(appSecret, pusher.SubscribeText(c.socket, channel, given))
	}
	c.sendsEvent("pusher:subscribe", "", data)
}

// subscribes subscribes to a channel that has no events yet.
func (c *pusherClient) subscribes(channel string) {
	c.t.Helper()
	c.asksFor(channel, nil)
	c.receives(fmt.Sprintf(`{"event":"pusher_internal:subscription_succeeded","channel":"%s","data":"{}","epoch":"E","seq":0,"recovered":false}`, channel))
}

func TestAnAppsClientConnectsSubscribesAndIsAnswered(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a, b := connects(t, s), connects(t, s)
	require.NotEqual(t, a.socket, b.socket)
	a.subscribes("news")
	a.asksFor("news", nil)
	a.receives(`{"event":"pusher:error","data":{"code":null,"message":"Existing subscription to channel news"}}`)
	a.sends(`{"event":"pusher:ping","data":{}}`)
	a.receives(`{"event":"pusher:pong","data":"{}"}`)
	a.sends(`{"event":"pusher:ping"}`) // the Java library
	a.receives(`{"event":"pusher:pong","data":"{}"}`)
	a.sendsEvent("pusher:subscribe", "", `{"channel":"private-encrypted-a","auth":"`+appKey+":"+pusher.Sign(appSecret, a.socket+":private-encrypted-a")+`","more":1}`)
	a.receives(`{"event":"pusher_internal:subscription_succeeded","channel":"private-encrypted-a","data":"{}","epoch":"E","seq":0,"recovered":false}`)
	a.sendsEvent("pusher:unsubscribe", "", map[string]any{"channel": "news"})
	a.sendsEvent("pusher:unsubscribe", "", map[string]any{"channel": "never"})
	a.subscribes("news") // the channel has begun anew
	a.leaves()
	b.leaves()
	require.Eventually(t, func() bool {
		return s.metric(t, `plenum_app_connections{app="7"}`) == "0" && s.metric(t, "plenum_members") == "0"
	}, wait, tick)
}

func TestAClientWithABadRequestIsClosedWithTheCodeOfTheProtocol(t *testing.T) {
	t.Parallel()
	s := startApp(t, `,"origins":["https://shop.example"],"limits":{"connections":1}`)
	for path, want := range map[string]struct {
		code   int
		reason string
	}{
		"/app/unknown?protocol=7":            {4001, "No application has this key"},
		"/app/" + appKey:                     {4008, "The query needs a protocol, such as protocol=7"},
		"/app/" + appKey + "?protocol=seven": {4006, "protocol must be a number"},
		"/app/" + appKey + "?protocol=8":     {4007, "The protocol must be 5, 6 or 7"},
	} {
		dial(t, s, path).isClosed(want.code, want.reason)
	}
	options := &websocket.DialOptions{HTTPHeader: map[string][]string{"Origin": {"https://other.example"}}}
	if secure := tlsRun.dialing(); secure != nil {
		options.HTTPClient = secure.HTTPClient
	}
	dialWith(t, s, "/app/"+appKey+"?protocol=7", options).isClosed(4009, "The application does not allow pages of this origin")
	first := connects(t, s)
	dial(t, s, "/app/"+appKey+"?protocol=7").isClosed(4100, "The application has reached its limit of connections")
	first.leaves()
	require.Eventually(t, func() bool { return s.metric(t, `plenum_app_connections{app="7"}`) == "0" }, wait, tick)
	options.HTTPHeader["Origin"] = []string{"https://shop.example"}
	dialWith(t, s, "/app/"+appKey+"?protocol=5", options).leaves()
}

func TestASubscriptionNeedsTheRightSignature(t *testing.T) {
	t.Parallel()
	s := startApp(t, `,"limits":{"channels":2}`)
	a, other := connects(t, s), connects(t, s)
	sign := func(secret, text string) string { return pusher.Sign(secret, text) }
	for name, auth := range map[string]string{
		"none": "", "no key": sign(appSecret, a.socket+":private-a"), "another key": "x:" + sign(appSecret, a.socket+":private-a"),
		"another secret": appKey + ":" + sign("7ad3773142a6692b25b9", a.socket+":private-a"), "another socket": appKey + ":" + sign(appSecret, other.socket+":private-a"),
		"another channel": appKey + ":" + sign(appSecret, a.socket+":private-b"), "cut": (appKey + ":" + sign(appSecret, a.socket+":private-a"))[:80],
	} {
		a.sendsEvent("pusher:subscribe", "", map[string]any{"channel": "private-a", "auth": auth})
		_, b, err := a.conn.Read(a.ctx)
		require.NoError(t, err)
		assert.Equal(t, `{"event":"pusher:subscription_error","channel":"private-a","data":"{\"type\":\"AuthError\",\"error\":\"The signature of auth is invalid for this connection and channel\",\"status\":401}"}`, string(b), name)
	}
	require.Equal(t, "7", s.metric(t, `plenum_app_auth_failures_total{app="7"}`))
	a.subscribes("private-a")
	a.subscribes("b")
	a.asksFor("c", nil)
	a.receives(`{"event":"pusher:subscription_error","channel":"c","data":"{\"type\":\"LimitReached\",\"error\":\"This connection has reached its limit of channels\",\"status\":403}"}`)
}

func TestAnInvalidEventGetsAnErrorAndTheConnectionStaysOpen(t *testing.T) {
	t.Parallel()
	s := startApp(t, "")
	a := connects(t, s)
	for sent, message := range map[string]string{
		`x`:                            `Expected a JSON object with event, channel and data`,
		`{"event":7}`:                  `Expected a JSON object with event, channel and data`,
		`{"event":"pusher:subscribe"}`: `Data must be an object with the fields of the event`,
		`{"event":"pusher:subscribe","data":"x"}`:                         `Data must be an object with the fields of the event`,
		`{"event":"pusher:unsubscribe"}`:                                  `Data must be an object with the fields of the event`,
		`{"event":"dance"}`:                                               `Unknown event \"dance\": clients send events that begin with client-`,
		`{"event":"pusher_internal:member_added","channel":"presence-a"}`: `Unknown event \"pusher_internal:member_added\": clients send events that begin with client-`,
	} {
		a.sends(sent)
		a.receives(`{"event":"pusher:error","data":{"code":null,"message":"` + message + `"}}`)
	}
	require.NoError(t, a.conn.Write(a.ctx, websocket.MessageBinary, []byte(`{"event":"pusher:ping"}`)))
	a.receives(`{"event":"pusher:error","data":{"code":null,"message":"An event must be a text message"}}`)
	for _, name := range []string{"", "a b", "#a", strings.Repeat("x", 201)} {
		a.asksFor(name, nil)
		a.receives(`{"event":"pusher:subscription_error","channel":"` + name + `","data":"{\"type\":\"InvalidChannel\",\"error\":\"A channel's name must have 1 to 200 letters, digits or characters of _-=@,.;\",\"status\":400}"}`)
	}
	a.asksFor("a", map[string]any{"since": "42"})
	a.receives(`{"event":"pusher:subscription_error","channel":"a","data":"{\"type\":\"InvalidSince\",\"error\":\"since must have the form epoch:seq\",\"status\":400}"}`)
	a.subscribes("a")
}

// clientEvent returns a client event as subscribers receive it.
func clientEvent(channel, data string, seq int) string {
	return fmt.Sprintf(`{"event":"client-a","channel":"%s","data":"%s","seq":%d}`, channel, data, seq)
}

func TestAClientEventReachesAllSubscribersButItsSender(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "")
	a, b, outside := connects(t, s), connects(t, s), connects(t, s)
	a.subscribes("private-a")
	b.subscribes("private-a")
	a.sendsEvent("client-a", "private-a", map[string]int{"x": 1})
	b.receives(clientEvent("private-a", `{\"x\":1}`, 1))
	b.sendsEvent("client-a", "private-a", "hi")
	a.receives(clientEvent("private-a", `hi`, 2)) // and not its own
	a.subscribes("other")
	for channel, message := range map[string]string{
		"other":               "client events need a private or presence channel that is not encrypted",
		"private-encrypted-a": "client events need a private or presence channel that is not encrypted",
		"private-b":           "subscribe to the channel first",
	} {
		a.sendsEvent("client-a", channel, 1)
		a.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: ` + message + `"}}`)
	}
	a.sendsEvent("client-a", "a b", 1)
	a.receives(`{"event":"pusher:error","data":{"code":4301,"message":"A channel's name must have 1 to 200 letters, digits or characters of _-=@,.;"}}`)
	outside.sendsEvent("client-a", "private-a", 1)
	outside.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: subscribe to the channel first"}}`)
	outside.sendsEvent("client-"+strings.Repeat("x", 200), "private-a", 1)
	outside.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: the name of an event may have 200 bytes"}}`)
}

func TestClientEventsAreLimitedPerSecond(t *testing.T) {
	t.Parallel()
	s := startApp(t, `,"limits":{"client-events":3,"payload":"200B"}`)
	a, b := connects(t, s), connects(t, s)
	a.subscribes("private-a")
	b.subscribes("private-a")
	b.sendsEvent("client-a", "private-a", strings.Repeat("x", 200))
	b.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: the data of an event may have 200 bytes"}}`)
	began := time.Now()
	for i := range 5 {
		a.sendsEvent("client-a", "private-a", i)
	}
	if time.Since(began) > time.Second/2 {
		t.Skip("the machine is too busy")
	}
	for range 2 {
		a.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: more than 3 client events within a second"}}`)
	}
	for i := range 3 {
		b.receives(clientEvent("private-a", fmt.Sprint(i), i+1))
	}
	require.Equal(t, "2", s.metric(t, `plenum_app_client_events_limited_total{app="7"}`))
	require.Equal(t, "3", s.metric(t, `plenum_app_client_events_total{app="7"}`))
}

func TestClientEventsCanBeOff(t *testing.T) {
	t.Parallel()
	s := start(t, "--app=7:"+appKey+":"+appSecret)
	a := connects(t, s)
	a.subscribes("private-a")
	a.sendsEvent("client-a", "private-a", 1)
	a.receives(`{"event":"pusher:error","data":{"code":4301,"message":"Not published: client events are off for this application"}}`)
}

func TestAppsAndNativeClientsDoNotSeeEachOther(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := start(t, `--apps=[{"id":"7","key":"`+appKey+`","secret":"`+appSecret+`","client-events":true},{"id":"8","key":"second","secret":"`+appSecret+`"}]`, "--announce-limit=-1")
	a := connects(t, s)
	a.subscribes("private-a")
	second := dial(t, s, "/app/second?protocol=7")
	_, _, err := second.conn.Read(second.ctx)
	require.NoError(t, err)
	native := dial(t, s, "/ws?username=Alex")
	for _, room := range []string{"private-a", "7/private-a"} {
		native.asks(`{"type":"join","room":"`+room+`"}`, `{"type":"joined","room":"`+room+`","epoch":"E","seq":0,"members":1,"recovered":false}`)
	}
	_, shown := get(t, s.url+"/api/rooms")
	assert.NotContains(t, shown, `"members":2`)
	native.sends(`{"type":"publish","room":"7/private-a","text":"hi"}`)
	native.receivesBoth(`{"type":"published","room":"7/private-a","seq":1}`, `{"sender":"Alex","text":"hi","room":"7/private-a","timestamp":T,"seq":1}`)
	a.sends(`{"event":"pusher:ping"}`)
	a.receives(`{"event":"pusher:pong","data":"{}"}`)
}

func TestTheClientsOfARemovedAppAreClosed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plenum.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("log-level: debug\n")
	s := start(t, "--config="+file)
	reload := func(n int) {
		s.hup <- syscall.SIGHUP
		require.Eventually(t, func() bool { return strings.Count(s.log.String(), "changes are in effect") == n }, wait, tick)
	}
	dial(t, s, "/app/"+appKey+"?protocol=7").isClosed(4001, "No application has this key")
	write("apps:\n  - {id: 7, key: " + appKey + ", secret: " + appSecret + "}\n")
	reload(1)
	a := connects(t, s)
	a.subscribes("a")
	write("apps:\n  - {id: 8, key: other, secret: " + appSecret + "}\n")
	reload(2)
	a.isClosed(4001, "The application does not exist any more")
}

func TestAStoppingServerClosesClientsWithTheCodeToReconnect(t *testing.T) {
	t.Parallel()
	s := startApp(t, "", "--drain-window=0s")
	a := connects(t, s)
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	a.isClosed(4100, "Restarting; retry in .*")
	require.NoError(t, <-stopped)
}

// signsIn signs in as a user.
func (c *pusherClient) signsIn(userData string) {
	c.t.Helper()
	c.sendsEvent("pusher:signin", "", map[string]any{"user_data": userData, "auth": appKey + ":" + pusher.Sign(appSecret, pusher.SigninText(c.socket, userData))})
}

func TestAClientSignsInAndSubscribesToItsUser(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, `,"limits":{"channels":1}`)
	a := connects(t, s)
	const denied = `{"event":"pusher:subscription_error","channel":"#server-to-user-%s","data":"{\"type\":\"AuthError\",\"error\":\"Sign in as this user first\",\"status\":401}"}`
	a.asksFor("#server-to-user-1", nil)
	a.receives(fmt.Sprintf(denied, "1"))
	a.sendsEvent("pusher:signin", "", map[string]any{"user_data": `{"id":"1"}`, "auth": appKey + ":" + pusher.Sign(appSecret, a.socket+"::user::"+`{"id":"2"}`)})
	a.receives(`{"event":"pusher:error","data":{"code":4009,"message":"The signature of auth is invalid for this connection and user"}}`)
	a.signsIn("x")
	a.receives(`{"event":"pusher:error","data":{"code":4009,"message":"The user_data must be an object with an id, a string of 1 to 128 bytes"}}`)
	for range 2 {
		a.signsIn(`{"id":"1"}`)
		a.receives(`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}"}`)
	}
	a.signsIn(`{"id":"2"}`)
	a.receives(`{"event":"pusher:error","data":{"code":4009,"message":"This connection has signed in as another user"}}`)
	a.asksFor("#server-to-user-1", nil)
	a.receives(`{"event":"pusher_internal:subscription_succeeded","channel":"#server-to-user-1","data":"{}","epoch":"E","seq":0,"recovered":false}`)
	a.asksFor("#server-to-user-2", nil)
	a.receives(fmt.Sprintf(denied, "2"))
	a.subscribes("a") // the channel of the user is not counted
}

func TestAClientWhoseSigninFailedMaySignInAsAnotherUser(t *testing.T) {
	t.Parallel()
	s := startApp(t, "", "--max-rooms=1")
	a, other := connects(t, s), connects(t, s)
	other.subscribes("the-only-room")
	a.signsIn(`{"id":"1"}`)
	a.receives(`{"event":"pusher:error","data":{"code":null,"message":"Not signed in: the server has reached its limit of channels"}}`)
	other.sendsEvent("pusher:unsubscribe", "", map[string]any{"channel": "the-only-room"})
	other.sends(`{"event":"pusher:ping"}`)
	other.receives(`{"event":"pusher:pong","data":"{}"}`)
	a.signsIn(`{"id":"2"}`)
	a.receives(`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"2\\\"}\"}"}`)
}

func TestASubscriptionResumesAfterItsSince(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "", "--history-messages=3")
	speaker, listener := connects(t, s), connects(t, s)
	speaker.subscribes("private-a")
	listener.asksFor("private-a", nil)
	_, b, err := listener.conn.Read(listener.ctx)
	require.NoError(t, err)
	epoch := epochs.FindStringSubmatch(string(b))[1]
	for i := range 5 {
		speaker.sendsEvent("client-a", "private-a", i+1)
		listener.receives(clientEvent("private-a", fmt.Sprint(i+1), i+1))
	}
	const succeeded = `{"event":"pusher_internal:subscription_succeeded","channel":"private-a","data":"{}","epoch":"E","seq":%d,"recovered":%t}`
	const gap = `{"event":"plenum:gap","channel":"private-a","data":"{\"from\":%d,\"to\":2,\"epoch\":\"` + "%s" + `\"}"}`
	for since, want := range map[string][]string{
		"":           {fmt.Sprintf(succeeded, 5, false)},
		epoch + ":5": {fmt.Sprintf(succeeded, 5, true)},
		epoch + ":3": {fmt.Sprintf(succeeded, 3, true), clientEvent("private-a", "4", 4), clientEvent("private-a", "5", 5)},
		epoch + ":1": {fmt.Sprintf(succeeded, 2, false), fmt.Sprintf(gap, 2, epoch), clientEvent("private-a", "3", 3), clientEvent("private-a", "4", 4), clientEvent("private-a", "5", 5)},
		"old:9":      {fmt.Sprintf(succeeded, 2, false), fmt.Sprintf(gap, 1, epoch), clientEvent("private-a", "3", 3), clientEvent("private-a", "4", 4), clientEvent("private-a", "5", 5)},
	} {
		c := connects(t, s)
		c.asksFor("private-a", map[string]any{"since": since})
		for _, frame := range want {
			c.receives(frame)
		}
		c.sends(`{"event":"pusher:ping"}`)
		c.receives(`{"event":"pusher:pong","data":"{}"}`)
		c.leaves()
	}
}

func TestASlowSubscriberGetsAGapOrIsClosed(t *testing.T) {
	for policy, end := range map[string]string{"skip": `"event":"plenum:gap","channel":"private-a"`, "close": "StatusCode(4100)"} {
		t.Run(policy, func(t *testing.T) {
			s := startApp(t, `,"limits":{"client-events":100000}`, "--slow-policy="+policy, "--slow-lag=64KiB")
			slow, speaker, healthy := dialNarrow(t, s, appPath).established(t), connects(t, s), connects(t, s)
			for _, c := range []*pusherClient{slow, speaker, healthy} {
				c.subscribes("private-a")
			}
			text := noise(slowMessage)
			for range moreThanSocketsHold / len(text) {
				speaker.sendsEvent("client-a", "private-a", text)
				_, _, err := healthy.conn.Read(healthy.ctx)
				require.NoError(t, err)
			}
			for {
				_, b, err := slow.conn.Read(slow.ctx)
				if policy == "close" && err != nil {
					require.ErrorContains(t, err, end)
					return
				}
				require.NoError(t, err)
				if policy == "skip" && strings.Contains(string(b[:100]), end) {
					return
				}
			}
		})
	}
}

func TestAUserResumesTheChannelToTheUser(t *testing.T) {
	alsoInACluster(t)
	t.Parallel()
	s := startApp(t, "")
	const channel = "#server-to-user-1"
	publish := func(n int) {
		t.Helper()
		require.Equal(t, "200 {}", backend(t, s, "POST /events", fmt.Sprintf(`{"name":"order","channel":"%s","data":"%d"}`, channel, n)))
	}
	received := func(n int) string {
		return fmt.Sprintf(`{"event":"order","channel":"%s","data":"%d","seq":%d}`, channel, n, n)
	}
	a, back := connects(t, s), connects(t, s)
	for _, c := range []*pusherClient{a, back} {
		c.signsIn(`{"id":"1"}`)
		c.receives(`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}"}`)
	}
	a.asksFor(channel, nil)
	_, frame, err := a.conn.Read(a.ctx)
	require.NoError(t, err)
	epoch := epochs.FindStringSubmatch(string(frame))[1]
	publish(1)
	publish(2)
	a.receives(received(1))
	a.receives(received(2))
	back.receives(received(1)) // from the signin on
	back.receives(received(2))
	back.asksFor(channel, map[string]any{"since": epoch + ":1"})
	back.receives(`{"event":"pusher_internal:subscription_succeeded","channel":"` + channel + `","data":"{}","epoch":"E","seq":1,"recovered":true}`)
	back.receives(received(2))
	publish(3)
	back.receives(received(3)) // once
	back.sends(`{"event":"pusher:ping"}`)
	back.receives(`{"event":"pusher:pong","data":"{}"}`)
}
