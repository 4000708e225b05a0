package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheBackEndsOfTheShopRefuseInvalidRequests(t *testing.T) {
	plainOnly(t, "the back ends trust no certificate of a test")
	t.Parallel()
	const good = `{"user":"Alex","order":"1001","status":"packed"}`
	const badName, badStatus = "want user and order, of 1 to 64 letters, digits, - and _", "status must be one of paid, packed, shipped, delivered"
	for _, backend := range shopBackends {
		t.Run(backend, func(t *testing.T) {
			s, b := startShop(t, backend)
			alex, bea := b.links["Alex"], b.links["Bea"]
			_, signature, _ := strings.Cut(bea, ".")
			for _, tc := range []struct {
				request, key, body string
				status             int
				want               string
			}{
				{"GET /session", "", "", 403, "this link is not valid"},
				{"GET /session", "Alex", "", 403, "this link is not valid"},
				{"GET /session", "Alex." + signature, "", 403, "this link is not valid"},
				{"GET /session", alex + "x", "", 403, "this link is not valid"},
				{"GET /session", strings.ToLower(alex), "", 403, "this link is not valid"},
				{"GET /session", "Ålex.é", "", 403, "this link is not valid"},
				{"GET /session", warehouseKey, "", 403, "this link is not valid"},
				{"POST /orders", "", good, 403, "this is not the warehouse's key"},
				{"POST /orders", alex, good, 403, "this is not the warehouse's key"},
				{"POST /orders", warehouseKey + "x", good, 403, "this is not the warehouse's key"},
				{"POST /orders", warehouseKey[1:], good, 403, "this is not the warehouse's key"},
				{"POST /orders", warehouseKey, "", 400, badName},
				{"POST /orders", warehouseKey, "null", 400, badName},
				{"POST /orders", warehouseKey, "[7]", 400, badName},
				{"POST /orders", warehouseKey, good[1:], 400, badName},
				{"POST /orders", warehouseKey, "\xff" + good, 400, badName},
				{"POST /orders", warehouseKey, strings.Repeat("[", 500), 400, badName},
				{"POST /orders", warehouseKey, `{"user":"","order":"1001","status":"packed"}`, 400, badName},
				{"POST /orders", warehouseKey, `{"user":["Alex"],"order":"1001","status":"packed"}`, 400, badName},
				{"POST /orders", warehouseKey, `{"user":"Alex\n","order":"1001","status":"packed"}`, 400, badName},
				{"POST /orders", warehouseKey, `{"user":"Alex/../Bea","order":"1001","status":"packed"}`, 400, badName},
				{"POST /orders", warehouseKey, `{"user":"Alex","order":1001,"status":"packed"}`, 400, badName},
				{"POST /orders", warehouseKey, `{"user":"Alex","order":"1001"}`, 400, badStatus},
				{"POST /orders", warehouseKey, `{"user":"Alex","order":"1001","status":"lost"}`, 400, badStatus},
				{"POST /orders", warehouseKey, `{"user":"Alex","order":"1001","status":["packed"]}`, 400, badStatus},
				{"POST /orders", warehouseKey, good + strings.Repeat(" ", 501-len(good)), 413, "the body must have at most 500 bytes"},
				{"GET /orders", warehouseKey, "", 404, "no such page"},
				{"GET /backend.py", "", "", 404, "no such page"},
				{"GET /../backend.mjs", "", "", 404, "no such page"},
				{"POST /", "", "", 404, "no such page"},
			} {
				method, path, _ := strings.Cut(tc.request, " ")
				status, answer := b.asks(t, method, path, tc.key, tc.body)
				assert.Equal(t, tc.status, status, "%s %q %q: %s", tc.request, tc.key, tc.body, answer)
				assert.JSONEq(t, `{"error":"`+tc.want+`"}`, answer, "%s %q %q", tc.request, tc.key, tc.body)
			}
			assert.Equal(t, "0", s.metric(t, "plenum_published_messages_total"), "nothing was published")
			status, answer := b.asks(t, http.MethodPost, "/orders", warehouseKey, good+strings.Repeat(" ", 500-len(good)))
			assert.Equal(t, http.StatusAccepted, status, answer)

			require.NoError(t, s.stop())
			status, answer = b.asks(t, http.MethodPost, "/orders", warehouseKey, good)
			assert.Equal(t, http.StatusBadGateway, status)
			assert.JSONEq(t, `{"error":"plenum did not confirm the event; repeat the request"}`, answer)
		})
	}
}

func TestThePageOfTheShopHasNoSecret(t *testing.T) {
	plainOnly(t, "the back ends trust no certificate of a test")
	t.Parallel()
	for _, backend := range shopBackends {
		t.Run(backend, func(t *testing.T) {
			_, b := startShop(t, backend)
			_, session := b.asks(t, http.MethodGet, "/session", b.links["Alex"], "")
			for _, path := range []string{"/", "/?source=mail"} {
				status, page := b.asks(t, http.MethodGet, path, "", "")
				assert.Equal(t, http.StatusOK, status)
				assert.Equal(t, source(t, "scripts/examples/shop/page.html"), page)
				for _, secret := range []string{testSecret, oldKey, shopLinkSecret, warehouseKey} {
					assert.NotContains(t, page+session, secret)
				}
			}
		})
	}
}

func TestTheBackEndsOfTheShopDoNotStartWithoutTheirSecrets(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	for _, backend := range shopBackends {
		t.Run(backend, func(t *testing.T) {
			output, err := backendCommand(t, backend, "PLENUM_URL=http://127.0.0.1:1", "PLENUM_JWT_SECRET=", "PLENUM_API_KEY="+oldKey,
				"SHOP_LINK_SECRET="+shopLinkSecret, "SHOP_WAREHOUSE_KEY="+warehouseKey, "SHOP_PORT=0").CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(output), "set PLENUM_URL, PLENUM_JWT_SECRET, PLENUM_API_KEY, SHOP_LINK_SECRET, SHOP_WAREHOUSE_KEY, SHOP_PORT")
		})
	}
}
