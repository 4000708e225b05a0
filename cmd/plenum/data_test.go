package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// publishesUntilItEnds publishes texts in a room with the API until the server does not answer any more. It returns the
// acknowledged texts by their numbers.
func (s *testServer) publishesUntilItEnds(room string) map[int]string {
	acknowledged := map[int]string{}
	for i := 0; ; i++ {
		text := fmt.Sprint(room, " ", i)
		resp, err := http.Post(s.url+"/api/rooms/"+room+"/messages", "application/json", strings.NewReader(fmt.Sprintf(`{"sender":"API","text":%q}`, text)))
		if err != nil {
			return acknowledged
		}
		var answer struct{ Seq int }
		err = json.NewDecoder(resp.Body).Decode(&answer)
		_ = resp.Body.Close()
		if err != nil {
			return acknowledged
		}
		if resp.StatusCode == http.StatusAccepted {
			acknowledged[answer.Seq] = text
		}
	}
}

func TestAKilledServerWithDataHasAllAcknowledgedMessagesAgain(t *testing.T) {
	plainOnly(t, "the server with --data is a process of its own")
	t.Parallel()
	rooms, dir := []string{"a", "b", "c"}, t.TempDir()
	flags := []string{"--data=" + dir, "--history-messages=100000"}
	p := program(t, flags...)
	s := p.begin(t)
	heard := map[string]position{} // per room, a position that a member of the room had reached
	for _, room := range rooms {
		heard[room] = s.publishes(t, room, 10)
	}
	var publishing sync.WaitGroup
	acknowledged := make([]map[int]string, len(rooms))
	for i, room := range rooms {
		publishing.Go(func() { acknowledged[i] = s.publishesUntilItEnds(room) })
	}
	require.Eventually(t, func() bool {
		_, page := historyOf(t, s, "c", "?since=:0&limit=50")
		return page.More
	}, wait, tick)
	require.NoError(t, p.Process.Kill())
	publishing.Wait()

	again := program(t, flags...)
	s = again.begin(t)
	for i, room := range rooms {
		assert.NotEmpty(t, acknowledged[i])
		all, page := historyOf(t, s, room, "?since=:0&limit=1000")
		for page.More {
			var more = all
			all, page = historyOf(t, s, room, "?limit=1000&since="+page.Since)
			all = append(more, all...)
		}
		assert.Equal(t, heard[room].epoch, page.Epoch)
		for seq, text := range acknowledged[i] {
			require.Equal(t, text, all[seq-1].Text)
		}
		bea := dial(t, s, "/ws?username=Bea")
		bea.sends(fmt.Sprintf(`{"type":"join","id":1,"room":%q,"since":"%s:%d"}`, room, heard[room].epoch, heard[room].seq))
		_, joined, err := bea.conn.Read(bea.ctx)
		require.NoError(t, err)
		assert.Contains(t, string(joined), `"recovered":true`)
		for _, m := range all[heard[room].seq:] {
			bea.receives(fmt.Sprintf(`{"sender":"API","text":%q,"room":%q,"timestamp":T,"seq":%d}`, m.Text, room, m.Seq))
		}
	}
	again.endsWell(t)
}

func TestTwoServersCannotShareData(t *testing.T) {
	plainOnly(t, "the server with --data is alone")
	dir := t.TempDir()
	start(t, "--data="+dir)
	err := run(t.Context(), nil, []string{"--listen=127.0.0.1:0", "--admin=", "--data=" + dir}, func(string) (string, bool) { return "", false }, io.Discard, io.Discard)
	assert.EqualError(t, err, "--data: "+dir+": another process uses the directory: each node needs its own")
}

// A power cut is a new boot of the machine without a clean end. The server cannot know which messages are lost.
func TestAfterAPowerCutAClientReceivesAGapAndNoNumberIsAssignedTwice(t *testing.T) {
	plainOnly(t, "the server with --data is alone")
	t.Parallel()
	dir, older := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "older")
	s := start(t, "--data="+dir)
	s.publishes(t, "a", 3)
	require.NoError(t, os.CopyFS(older, os.DirFS(dir))) // without the later messages, and without a clean end
	before := s.publishes(t, "a", 2)
	require.NoError(t, s.stop())

	record := filepath.Join(older, "plenum.json")
	text, err := os.ReadFile(record)
	require.NoError(t, err)
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(record, []byte(strings.Replace(string(text), strings.TrimSpace(string(boot)), "earlier", 1)), 0o600))
	s = start(t, "--data="+older)
	assert.Contains(t, s.log.String(), "data: machine stopped before a sync")
	after := s.publishes(t, "a", 7)
	assert.Equal(t, 7, after.seq)
	assert.NotEqual(t, before.epoch, after.epoch)
	again := dial(t, s, "/ws?username=Bea")
	again.sends(fmt.Sprintf(`{"type":"join","id":1,"room":"a","since":"%s:%d"}`, before.epoch, before.seq))
	_, joined, err := again.conn.Read(again.ctx)
	require.NoError(t, err)
	assert.Contains(t, string(joined), `"recovered":false`)
	again.receives(`{"type":"gap","room":"a","from":1,"to":0,"epoch":"E"}`)
}

func TestAFullDiskRefusesMessagesAndLosesNone(t *testing.T) {
	plainOnly(t, "the server with --data is alone")
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("a file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, unix.Unmount(disk, unix.MNT_DETACH)) })
	dir := filepath.Join(disk, "data")
	s := start(t, "--data="+dir)
	before := s.publishes(t, "a", 3)
	filler := filepath.Join(disk, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 55<<20), 0o600))
	require.Eventually(t, func() bool { status, _ := get(t, s.admin+"/readyz"); return status == http.StatusServiceUnavailable }, wait, tick)
	status, answer, _ := call(t, http.MethodPost, s.url+"/api/rooms/a/messages", `{"sender":"API","text":"refused"}`)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, answer, `"code":"bus"`)
	require.NoError(t, os.Remove(filler))
	s.isReady(t)
	assert.Equal(t, position{"a", before.epoch, 4}, s.publishes(t, "a", 1))
	require.NoError(t, s.stop())
	again := start(t, "--data="+dir)
	again.isReady(t)
	all, _ := historyOf(t, again, "a", "")
	assert.Len(t, all, 4)
}

func TestTheServerWithDataOpensNoPort(t *testing.T) {
	plainOnly(t, "the server with --data is a process of its own")
	p := program(t, "--data="+t.TempDir())
	s := p.begin(t)
	s.isReady(t)
	ports := map[string]bool{}
	for range 10 { // one read of the kernel's table may miss a row, because other programs change the table
		maps.Copy(ports, p.listens(t))
	}
	assert.Len(t, ports, 2, "only --listen and --admin")
	p.endsWell(t)
}

// listens returns the ports on which the process listens, in hexadecimal, each with its address.
func (p *process) listens(t *testing.T) map[string]bool {
	t.Helper()
	own := map[string]bool{} // the targets of the descriptors of the process
	descriptors, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.Process.Pid))
	require.NoError(t, err)
	for _, path := range descriptors {
		to, _ := os.Readlink(path) // the descriptor may be closed already
		own[to] = true
	}
	ports := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.Process.Pid, table))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			const address, state, inode, listen = 1, 3, 9, "0A"
			if f := strings.Fields(line); f[state] == listen && own["socket:["+f[inode]+"]"] {
				ports[f[address]] = true
			}
		}
	}
	return ports
}

func TestTheDoctorChecksTheDirectory(t *testing.T) {
	plainOnly(t, "the server with --data is alone")
	dir := t.TempDir()
	s := start(t, "--data="+dir)
	s.publishes(t, "a", 3)
	out, status := output(t, "", "doctor", "--root", laptop, "--data="+dir)
	assert.Zero(t, status)
	assert.Regexp(t, dir+": \\d+ MiB free, a server uses it\n$", out)
	require.NoError(t, s.stop())
	out, status = output(t, "PLENUM_DATA="+dir, "doctor", "--root", laptop)
	assert.Zero(t, status)
	assert.Regexp(t, dir+": \\d+ MiB free, \\d+ KiB of messages, all intact\n$", out)
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "1.blk"))
	require.NoError(t, err)
	require.NoError(t, os.Truncate(blocks[0], 100))
	_, status = output(t, "", "doctor", "--root", laptop, "--data="+dir)
	assert.Equal(t, 1, status)
}

func TestALargeMessageIsStoredOrRefused(t *testing.T) {
	plainOnly(t, "the server with --data is alone")
	s := start(t, "--data="+t.TempDir(), "--max-message=8MiB")
	s.isReady(t)
	for size, want := range map[int]int{3 << 20: http.StatusAccepted, 4 << 20: http.StatusRequestEntityTooLarge} {
		status, answer, _ := call(t, http.MethodPost, s.url+"/api/rooms/a/messages", `{"sender":"API","text":"`+strings.Repeat("x", size)+`"}`)
		assert.Equal(t, want, status, answer)
	}
}
