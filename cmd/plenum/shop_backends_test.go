package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/nodetest"
)

const (
	shopFolder     = root + "/scripts/examples/shop"
	shopLinkSecret = "the secret of the links of the shop"
	warehouseKey   = "the-key-of-the-warehouse-of-the-shop"
)

// shopBackends are the names of the back ends, as run.sh knows them.
var shopBackends = []string{"node", "python"}

// interpreter returns the program that runs a back end. It skips t if it is not installed.
func interpreter(t *testing.T, backend string) string {
	t.Helper()
	if backend == "python" {
		path, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("not tested in Python: python3 is not on PATH")
		}
		return path
	}
	if _, err := exec.LookPath("npm"); err != nil { // which would install the version for the tests
		if path, err := exec.LookPath("node"); err == nil {
			return path
		}
	}
	return nodetest.Binary(t)
}

// shop is a running back end.
type shop struct {
	url   string
	links map[string]string // the keys of the links by name
}

// backendCommand returns a back end as a command. The environment has no variables of a plenum.
func backendCommand(t *testing.T, backend string, env ...string) *exec.Cmd {
	t.Helper()
	file := map[string]string{"node": "backend.mjs", "python": "backend.py"}[backend]
	c := exec.CommandContext(t.Context(), interpreter(t, backend), filepath.Join(shopFolder, file))
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// startShop starts a server and a back end for it.
func startShop(t *testing.T, backend string) (*testServer, shop) {
	t.Helper()
	port := strconv.Itoa(freePorts(t, 1))
	s := startSignedIn(t, "--api-key="+oldKey, "--origins=http://127.0.0.1:"+port)
	c := backendCommand(t, backend, "PLENUM_URL="+s.url, "PLENUM_JWT_SECRET="+testSecret, "PLENUM_API_KEY="+oldKey,
		"SHOP_LINK_SECRET="+shopLinkSecret, "SHOP_WAREHOUSE_KEY="+warehouseKey, "SHOP_PORT="+port)
	var errs lockedBuffer
	c.Stderr = &errs
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // reports that it was killed
		for _, secret := range []string{testSecret, oldKey, shopLinkSecret, warehouseKey, "eyJ"} {
			assert.NotContains(t, errs.String(), secret)
		}
	})
	return s, readShop(t, bufio.NewReader(out), &errs)
}

// readShop reads the links that a back end prints when it listens.
func readShop(t *testing.T, from *bufio.Reader, errs *lockedBuffer) shop {
	t.Helper()
	b := shop{links: map[string]string{}}
	for len(b.links) < 2 {
		line, err := from.ReadString('\n')
		require.NoError(t, err, "%s", errs)
		name, link, found := strings.Cut(strings.TrimSpace(line), ": ")
		if !found {
			continue
		}
		b.url, b.links[name], found = strings.Cut(link, "/#")
		require.True(t, found, line)
	}
	return b
}

// asks sends a request with a key, and returns the status and the body.
func (b shop) asks(t *testing.T, method, path, key, body string) (status int, answer string) {
	t.Helper()
	status, answer, _ = call(t, method, b.url+path, body, "Authorization", "Bearer "+key)
	return status, answer
}

// token returns the token of a user.
func (b shop) token(t *testing.T, user string) string {
	t.Helper()
	status, body := b.asks(t, http.MethodGet, "/session", b.links[user], "")
	require.Equal(t, http.StatusOK, status, body)
	var session struct{ User, Plenum, Token string }
	require.NoError(t, json.Unmarshal([]byte(body), &session))
	require.Equal(t, user, session.User)
	return session.Token
}
