package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOrderUpdateReachesOnlyItsUser(t *testing.T) {
	plainOnly(t, "the back ends trust no certificate of a test")
	t.Parallel()
	for _, backend := range shopBackends {
		t.Run(backend, func(t *testing.T) {
			s, b := startShop(t, backend)
			alex, bea := dial(t, s, "/ws?token="+b.token(t, "Alex")), dial(t, s, "/ws?token="+b.token(t, "Bea"))
			alex.asks(`{"type":"join","room":"#user:Alex"}`, `{"type":"joined","room":"#user:Alex","epoch":"E","seq":0,"members":1,"recovered":false}`)
			bea.asks(`{"type":"join","room":"#user:Bea"}`, `{"type":"joined","room":"#user:Bea","epoch":"E","seq":0,"members":1,"recovered":false}`)
			for _, room := range []string{"#user:Alex", "general"} {
				bea.asks(`{"type":"join","room":"`+room+`"}`, `{"type":"error","code":"not_allowed","message":"the token does not allow joining this room"}`)
			}
			alex.asks(`{"type":"publish","room":"#user:Alex","text":"hi"}`, `{"type":"error","code":"not_allowed","message":"the token does not allow publishing"}`)

			status, body := b.asks(t, http.MethodPost, "/orders", warehouseKey, `{"user":"Alex","order":"1001","status":"packed"}`)
			assert.Equal(t, http.StatusAccepted, status, body)
			assert.JSONEq(t, `{"order":"1001","status":"packed"}`, body)
			status, body = b.asks(t, http.MethodPost, "/orders", warehouseKey, `{"user":"Bea","order":"1002","status":"shipped"}`)
			assert.Equal(t, http.StatusAccepted, status, body)
			alex.receivesOrder("Alex", `{"order":"1001","status":"packed"}`)
			bea.receivesOrder("Bea", `{"order":"1002","status":"shipped"}`) // and not Alex's before it
			dial(t, s, "/ws").isClosed(1008, "Missing token")
			dial(t, s, "/ws?token="+b.links["Alex"]).isClosed(1008, "Invalid token")
		})
	}
}

// receivesOrder requires that the next message is an event of the shop, the first in the room of the user.
func (c *client) receivesOrder(user, data string) {
	c.t.Helper()
	_, b, err := c.conn.Read(c.ctx)
	require.NoError(c.t, err)
	var got struct {
		Sender, Event, Room string
		Seq                 int
		Data                json.RawMessage
	}
	require.NoError(c.t, json.Unmarshal(b, &got), "%s", b)
	require.JSONEq(c.t, data, string(got.Data))
	require.Equal(c.t, [...]any{"Shop", "order", "#user:" + user, 1}, [...]any{got.Sender, got.Event, got.Room, got.Seq})
}
