package pusher_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/codec"
	"plenum/codec/frame"
	"plenum/codec/pusher"
)

func TestTheNameOfAChannelSaysItsKind(t *testing.T) {
	for name, want := range map[string]pusher.Channel{
		"news":                      {Kind: pusher.Public},
		"privately":                 {Kind: pusher.Public},
		"cache-news":                {Kind: pusher.Public, Cache: true},
		"private-a":                 {Kind: pusher.Private},
		"private-cache-a":           {Kind: pusher.Private, Cache: true},
		"private-encrypted-a":       {Kind: pusher.Encrypted},
		"private-encrypted-cache-a": {Kind: pusher.Encrypted, Cache: true},
		"presence-a":                {Kind: pusher.Presence},
		"presence-cache-a":          {Kind: pusher.Presence, Cache: true},
		"aZ09_-=@,.;":               {Kind: pusher.Public},
		"#server-to-user-a b":       {Kind: pusher.ServerToUser},
		strings.Repeat("a", 200):    {Kind: pusher.Public},
	} {
		got, err := pusher.ParseChannel(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for _, name := range []string{"", "a b", "a/b", "#a", "ä", "a\n", "#server-to-user-", "#server-to-user-\n", "#server-to-user-" + strings.Repeat("x", 129), strings.Repeat("a", 201)} {
		_, err := pusher.ParseChannel(name)
		assert.ErrorIs(t, err, pusher.ErrChannel, name)
	}
}

func TestOnlyPrivateAndPresenceChannelsTakeClientEvents(t *testing.T) {
	for name, want := range map[string][2]bool{"a": {}, "cache-a": {}, "#server-to-user-a": {}, "private-a": {true, true}, "presence-a": {true, true}, "private-encrypted-a": {true, false}} {
		c, err := pusher.ParseChannel(name)
		require.NoError(t, err)
		assert.Equal(t, want, [2]bool{c.NeedsAuth(), c.TakesClientEvents()}, name)
	}
}

func TestASocketIDHasDigitsAndADot(t *testing.T) {
	id := pusher.AppendSocketID(nil, 1834, 72)
	assert.Equal(t, "1834.72", string(id))
	node, conn, ok := pusher.ParseSocketID(id)
	assert.Equal(t, []any{uint64(1834), uint64(72), true}, []any{node, conn, ok})
	for id, valid := range map[string]bool{"1.2": true, "": false, ".": false, "1.": false, ".2": false, "1": false, "1.2.3": false, "-1.2": false, "a.2": false, "1.2x": false,
		"99999999999999999999.1": true, strings.Repeat("1", 60) + ".1": false} {
		assert.Equal(t, valid, pusher.ValidSocketID(id), id)
		_, _, ok := pusher.ParseSocketID([]byte(id))
		assert.Equal(t, valid && len(id) < 20, ok, id)
	}
}

func TestAnEventOfAClientIsDecoded(t *testing.T) {
	e, err := pusher.ParseEvent([]byte(`{"event":"client-a","channel":"private-a","data":{"x":1},"more":[1]}`))
	require.NoError(t, err)
	assert.Equal(t, pusher.Event{Event: "client-a", Channel: "private-a", Data: json.RawMessage(`{"x":1}`)}, e)
	for _, bad := range []string{"", "x", "[]", "null", "{}", `{"event":""}`, `{"event":1}`, `{"event":"a"`, `{"event":"a"} x`, `{"event":"a","channel":{}}`, `{"event":"a","data":{"x":}}`} {
		_, err := pusher.ParseEvent([]byte(bad))
		assert.ErrorIs(t, err, pusher.ErrEvent, bad)
	}
}

func TestDataIsAnObjectOrAStringWithOne(t *testing.T) {
	since := "1x:7"
	want := pusher.Subscription{Channel: "private-a", Auth: "k:s", ChannelData: `{"user_id":1}`, Since: &since}
	const object = `{"channel":"private-a","auth":"k:s","channel_data":"{\"user_id\":1}","since":"1x:7","more":1}`
	quoted, err := json.Marshal(object)
	require.NoError(t, err)
	for _, data := range []string{object, " " + object, string(quoted)} {
		got, err := pusher.Event{Data: json.RawMessage(data)}.Subscription()
		require.NoError(t, err, data)
		assert.Equal(t, want, got, data)
	}
	for _, bad := range []string{"", "null", "1", "[]", `""`, `"x"`, `"null"`, `{"channel":1}`} {
		_, err := pusher.Event{Data: json.RawMessage(bad)}.Subscription()
		assert.ErrorIs(t, err, pusher.ErrData, bad)
		_, err = pusher.Event{Data: json.RawMessage(strings.Replace(bad, "channel", "auth", 1))}.Signin()
		assert.ErrorIs(t, err, pusher.ErrData, bad)
	}
	signin, err := pusher.Event{Data: json.RawMessage(`{"auth":"k:s","user_data":"{}"}`)}.Signin()
	require.NoError(t, err)
	assert.Equal(t, pusher.SigninData{Auth: "k:s", UserData: "{}"}, signin)
}

func TestAUserComesFromTheSignedText(t *testing.T) {
	for text, want := range map[string]pusher.User{
		`{"user_id":"1"}`: {ID: "1"},
		`{"user_id":10,"user_info":{"name":"Mr. Channels"}}`:  {ID: "10", Info: `{"name":"Mr. Channels"}`},
		`{"user_id":"a b","user_info":null,"more":1}`:         {ID: "a b"},
		`{"user_info":"x","user_id":"` + long(128) + `"}`:     {ID: long(128), Info: `"x"`},
		`{"user_id":"1","user_info":"` + long(2<<10-2) + `"}`: {ID: "1", Info: `"` + long(2<<10-2) + `"`},
	} {
		got, err := pusher.ParseChannelData(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	for _, bad := range []string{"", "x", "[]", "null", "{}", `{"user_id":""}`, `{"user_id":null}`, `{"user_id":true}`, `{"user_id":{}}`, `{"user_id":"` + long(129) + `"}`,
		`{"user_id":"1","user_info":"` + long(2<<10) + `"}`, `{"user_id":"\n"}`} {
		_, err := pusher.ParseChannelData(bad)
		assert.ErrorIs(t, err, pusher.ErrChannelData, bad)
	}
	got, err := pusher.ParseUserData(`{"id":"1","user_info":{"name":"A"},"watchlist":["2"]}`)
	require.NoError(t, err)
	assert.Equal(t, pusher.User{ID: "1", Info: `{"name":"A"}`}, got)
	for _, bad := range []string{"", "x", "{}", "null", `{"id":""}`, `{"id":1}`, `{"id":"` + long(129) + `"}`} {
		_, err := pusher.ParseUserData(bad)
		assert.ErrorIs(t, err, pusher.ErrUserData, bad)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// text returns the payload of a frame.
func text(t testing.TB, b []byte) string {
	h, n, err := frame.ParseHeader(b)
	require.NoError(t, err)
	require.Equal(t, frame.Text, h.Opcode)
	require.Len(t, b, n+int(h.Length))
	return string(b[n:])
}

func TestTheFrameHasTheBodyWithoutItsSocketIDAndTheNumber(t *testing.T) {
	body := pusher.AppendEvent(nil, "1.2", "order", "private-shop", `{"id":7}`)
	assert.Equal(t, `1.2{"event":"order","channel":"private-shop","data":"{\"id\":7}"`, string(body))
	assert.Equal(t, "1.2", string(pusher.Excluded(body)))
	framed := pusher.AppendFrame([]byte("x"), body, 1<<64-1)
	assert.LessOrEqual(t, len(framed)-1, len(body)+pusher.FrameOverhead)
	assert.Equal(t, `{"event":"order","channel":"private-shop","data":"{\"id\":7}","seq":18446744073709551615}`, text(t, framed[1:]))
	body = pusher.AppendEvent(nil, "", "order", "shop", "x")
	assert.Empty(t, pusher.Excluded(body))
	assert.Equal(t, `{"event":"order","channel":"shop","data":"x","seq":1}`, text(t, pusher.AppendFrame(nil, body, 1)))
	assert.Empty(t, pusher.Excluded(nil))
}

func TestTheBodyOfAClientEventSaysSo(t *testing.T) {
	for _, except := range []string{"", "1.2"} {
		e := pusher.Event{Event: "client-a", Channel: "private-a"}
		client, server := pusher.AppendClientEvent(nil, except, e, ""), pusher.AppendEvent(nil, except, e.Event, e.Channel, "null")
		assert.True(t, pusher.IsFromClient(client))
		assert.False(t, pusher.IsFromClient(server))
		assert.Equal(t, except, string(pusher.Excluded(client)))
		assert.Equal(t, pusher.AppendFrame(nil, server, 1), pusher.AppendFrame(nil, client, 1))
	}
	assert.False(t, pusher.IsFromClient(nil))
}

func TestDataOfAClientBecomesAString(t *testing.T) {
	for data, want := range map[string]string{
		``: `"null"`, `null`: `"null"`, `{"x":"y"}`: `"{\"x\":\"y\"}"`, `"{\"x\":1}"`: `"{\"x\":1}"`, `"hi\u00e9"`: `"hi\u00e9"`, `7`: `"7"`, "[1,\n\t2]": `"[1,\n\t2]"`,
	} {
		body := pusher.AppendClientEvent(nil, "1.2", pusher.Event{Event: "client-a", Channel: "presence-a", Data: json.RawMessage(data)}, "")
		assert.Equal(t, `1.2c{"event":"client-a","channel":"presence-a","data":`+want, string(body))
		body = pusher.AppendClientEvent(nil, "", pusher.Event{Event: "client-a", Channel: "presence-a", Data: json.RawMessage(data)}, `7"`)
		assert.Equal(t, `c{"event":"client-a","channel":"presence-a","data":`+want+`,"user_id":"7\""`, string(body))
	}
}

func TestTheServersEventsHaveTheDocumentedForm(t *testing.T) {
	for want, got := range map[string][]byte{
		`{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`: pusher.EncodeEstablished("1.2", 120),
		`{"event":"pusher:error","data":{"code":4301,"message":"a \"b\""}}`:                                   pusher.EncodeError(4301, `a "b"`),
		`{"event":"pusher:error","data":{"code":null,"message":"x"}}`:                                         pusher.EncodeError(0, "x"),
		`{"event":"pusher_internal:subscription_succeeded","channel":"a","data":"{}","epoch":"1x","seq":97,"recovered":true}`: pusher.EncodeSubscribed("a", []byte("{}"),
			&pusher.Position{Epoch: "1x", Seq: 97, Recovered: true}),
		`{"event":"pusher_internal:subscription_succeeded","channel":"a","data":"{}"}`:                                                  pusher.EncodeSubscribed("a", []byte("{}"), nil),
		`{"event":"pusher:subscription_error","channel":"a","data":"{\"type\":\"AuthError\",\"error\":\"no \\\"\",\"status\":401}"}`:    pusher.EncodeSubscriptionError("a", "AuthError", `no "`, 401),
		`{"event":"pusher:cache_miss","channel":"cache-a"}`:                                                                             pusher.EncodeCacheMiss("cache-a"),
		`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"1\\\"}\"}"}`:                                         pusher.EncodeSignedIn(`{"id":"1"}`),
		`{"event":"pusher:pong","data":"{}"}`:                                                                                           pusher.EncodedPong,
		`{"event":"plenum:gap","channel":"a","data":"{\"from\":43,\"to\":97,\"epoch\":\"1x\"}"}`:                                        []byte(text(t, pusher.AppendGap(nil, codec.Gap{Room: "7/a", From: 43, To: 97, Epoch: "1x"}))),
		`1.2{"event":"pusher_internal:member_added","channel":"presence-a","data":"{\"user_id\":\"1\",\"user_info\":{\"name\":\"A\"}}"`: pusher.AppendMemberAdded(nil, "1.2", "presence-a", pusher.User{ID: "1", Info: `{"name":"A"}`}),
		`{"event":"pusher_internal:member_added","channel":"presence-a","data":"{\"user_id\":\"1\"}"`:                                   pusher.AppendMemberAdded(nil, "", "presence-a", pusher.User{ID: "1"}),
		`{"event":"pusher_internal:member_removed","channel":"presence-a","data":"{\"user_id\":\"1\"}"`:                                 pusher.AppendMemberRemoved(nil, "presence-a", "1"),
		`{"event":"pusher_internal:subscription_count","channel":"a","data":"{\"subscription_count\":12}"`:                              pusher.AppendCount(nil, "a", 12),
	} {
		assert.Equal(t, want, string(got))
	}
}

func TestTheNameOfAnEventHasABoundAndIsNotTheServersOwn(t *testing.T) {
	for name, want := range map[string]string{
		"a": "", "client-a": "", "pusher": "", long(200): "",
		"": "pusher: name must have 1 to 200 bytes", long(201): "pusher: name must have 1 to 200 bytes",
		"pusher:a":          "pusher: name must not begin with pusher:, pusher_internal: or plenum:, which are the server's own events",
		"pusher_internal:a": "pusher: name must not begin with pusher:, pusher_internal: or plenum:, which are the server's own events",
		"plenum:gap":        "pusher: name must not begin with pusher:, pusher_internal: or plenum:, which are the server's own events",
	} {
		if err := pusher.CheckName(name); want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.EqualError(t, err, want, name)
		}
	}
}

// listed returns the data of the answer to the subscriber me.
func listed(t *testing.T, list *pusher.MemberList, me pusher.User) string {
	t.Helper()
	var e struct{ Event, Channel, Data, Epoch string }
	answer := list.AppendSubscribed(nil, "presence-a", me, pusher.Position{Epoch: "1x", Seq: 97})
	require.NoError(t, json.Unmarshal(answer, &e), "%q", answer)
	require.Equal(t, []string{"pusher_internal:subscription_succeeded", "presence-a", "1x"}, []string{e.Event, e.Channel, e.Epoch})
	require.True(t, json.Valid([]byte(e.Data)), "%q", answer)
	return e.Data
}

func TestASubscriberIsInItsListOnce(t *testing.T) {
	a, b, c := pusher.User{ID: "1", Info: `{"name":"A\n"}`}, pusher.User{ID: "2\"\n\x00ä"}, pusher.User{ID: "3"}
	list := pusher.NewMemberList([]pusher.User{a, b}, 2)
	whole := `{"presence":{"count":2,"ids":["1","2\"\n\u0000ä"],"hash":{"1":{"name":"A\n"},"2\"\n\u0000ä":null}}}`
	assert.Equal(t, whole, listed(t, list, a))
	assert.Equal(t, whole, listed(t, list, b))
	assert.Equal(t, `{"presence":{"count":3,"ids":["1","2\"\n\u0000ä","3"],"hash":{"1":{"name":"A\n"},"2\"\n\u0000ä":null,"3":null}}}`, listed(t, list, c))
	assert.Equal(t, whole, listed(t, list, a), "the list is shared")
	assert.Equal(t, `{"presence":{"count":9,"ids":["3"],"hash":{"3":null}}}`, listed(t, pusher.NewMemberList(nil, 9), c))
	assert.Equal(t, `{"presence":{"count":9,"ids":["3"],"hash":{"3":null}}}`, listed(t, pusher.NewMemberList([]pusher.User{c}, 9), c))
	assert.Equal(t, `{"event":"pusher_internal:subscription_succeeded","channel":"presence-a","data":"{\"presence\":{\"count\":1,\"ids\":[\"3\"],\"hash\":{\"3\":null}}}","epoch":"1x","seq":97,"recovered":true}`,
		string(pusher.NewMemberList(nil, 0).AppendSubscribed(nil, "presence-a", c, pusher.Position{Epoch: "1x", Seq: 97, Recovered: true})))
}

func TestOnlyTheServersEventsAreAnnouncements(t *testing.T) {
	assert.True(t, pusher.IsAnnouncement(pusher.AppendMemberAdded(nil, "1.2", "presence-a", pusher.User{ID: "1"})))
	assert.True(t, pusher.IsAnnouncement(pusher.AppendMemberRemoved(nil, "presence-a", "1")))
	assert.True(t, pusher.IsAnnouncement(pusher.AppendCount(nil, "a", 1)))
	assert.False(t, pusher.IsAnnouncement(pusher.AppendEvent(nil, "1.2", "order", "a", "pusher_internal:")))
	assert.False(t, pusher.IsAnnouncement(nil))
}

// FuzzEvent decodes any text. An event that is accepted becomes a frame with valid JSON, whose data is the same.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		`{"event":"client-a","channel":"private-a","data":{"x":"y"}}`, `{"event":"pusher:ping"}`, `{"event":"a","data":"{\"x\":1}"}`, "{\"event\":\"a\",\"data\":\"\x01\"}",
		`{"event":"pusher:subscribe","data":{"channel":"a","auth":"b","channel_data":"{}"}}`, `{"event":"\ud800","data":"\ud800"}`, `{"event":"a","data":01}`, "{\"event\":\"a\",\"data\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := pusher.ParseEvent(b)
		if err != nil || !json.Valid(b) {
			require.False(t, err == nil, "accepted although it is no JSON: %q", b)
			return
		}
		_, _ = e.Subscription()
		_, _ = e.Signin()
		framed := text(t, pusher.AppendFrame(nil, pusher.AppendClientEvent(nil, "1.2", e, "7"), 3))
		var got struct {
			Event, Data, User string
			Seq               int
		}
		require.NoError(t, json.Unmarshal([]byte(framed), &got), framed)
		require.Equal(t, 3, got.Seq)
		if len(e.Data) > 0 && e.Data[0] == '"' {
			var want string
			require.NoError(t, json.Unmarshal(e.Data, &want))
			require.Equal(t, want, got.Data)
		}
	})
}

// FuzzUser decodes any signed text. A user that is accepted can be announced.
func FuzzUser(f *testing.F) {
	for _, seed := range []string{`{"user_id":10,"user_info":{"name":"A"}}`, `{"id":"1","user_id":"1"}`, `{"user_id":"\ud800","user_info":01}`, "{\"user_id\":1e400}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var users []pusher.User
		for _, parse := range []func(string) (pusher.User, error){pusher.ParseChannelData, pusher.ParseUserData} {
			if u, err := parse(s); err == nil {
				users = append(users, u)
				require.True(t, json.Valid([]byte(text(t, pusher.AppendFrame(nil, pusher.AppendMemberAdded(nil, "", "a", u), 1)))), "%q", s)
			}
		}
		for _, me := range users {
			listed(t, pusher.NewMemberList(users, 2), me)
			listed(t, pusher.NewMemberList(nil, 0), me)
		}
	})
}

// FuzzChannel reads any name. A name that is accepted has the documented form.
func FuzzChannel(f *testing.F) {
	for _, seed := range []string{"private-a", "#server-to-user-1", "a/b", "ä"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if c, err := pusher.ParseChannel(name); err == nil && c.Kind != pusher.ServerToUser {
			require.Regexp(t, `^[A-Za-z0-9_\-=@,.;]{1,200}$`, name)
		}
		node, conn, ok := pusher.ParseSocketID([]byte(name))
		if ok {
			require.True(t, pusher.ValidSocketID(name))
			_, _, again := pusher.ParseSocketID(pusher.AppendSocketID(nil, node, conn))
			require.True(t, again)
		}
		require.LessOrEqual(t, len(pusher.Excluded([]byte(name))), len(name))
	})
}

func BenchmarkClientEvent(b *testing.B) {
	sent := []byte(`{"event":"client-move","channel":"private-room-1","data":{"x":100,"y":200,"text":"` + long(60) + `"}}`)
	var body, framed []byte
	b.ReportAllocs()
	for b.Loop() {
		e, err := pusher.ParseEvent(sent)
		if err != nil {
			b.Fatal(err)
		}
		body = pusher.AppendClientEvent(body[:0], "1834.72", e, "")
		framed = pusher.AppendFrame(framed[:0], body, 42)
	}
}

// A poller checks the signature of a subscription, so this must not take longer than a write.
func BenchmarkSubscribeSignature(b *testing.B) {
	b.ReportAllocs()
	text := pusher.SubscribeText("1234.1234", "private-foobar", "")
	auth := "key:" + pusher.Sign("7ad3773142a6692b25b8", text)
	for b.Loop() {
		if !pusher.Authorized("key", "7ad3773142a6692b25b8", auth, text) {
			b.Fatal("refused")
		}
	}
}

// A list of 1,000 users is encoded once, and then sent to each subscriber that has waited for it.
func BenchmarkMemberList(b *testing.B) {
	var users []pusher.User
	for i := range 1000 {
		users = append(users, pusher.User{ID: "m" + strconv.Itoa(10000+i), Info: `{"name":"` + long(21) + `"}`})
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pusher.NewMemberList(users, 5000)
		}
	})
	b.Run("answer", func(b *testing.B) {
		var answer []byte
		list := pusher.NewMemberList(users, 5000)
		b.ReportAllocs()
		for b.Loop() {
			answer = list.AppendSubscribed(answer[:0], "presence-a", pusher.User{ID: "x"}, pusher.Position{Epoch: "1x"})
		}
	})
}
