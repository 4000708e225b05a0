//go:build figures || soak

package servertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a process id, to read /proc with.
type process int

func (p process) read(t testing.TB, name string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p, name))
	require.NoError(t, err)
	return string(text)
}

// rss returns the resident memory in bytes.
func (p process) rss(t testing.TB) int {
	_, after, _ := strings.Cut(p.read(t, "status"), "VmRSS:")
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(t, err)
	return kilobytes << 10
}

func (p process) descriptors(t testing.TB) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p))
	require.NoError(t, err)
	return len(entries)
}

// cpu returns the processor time, with a precision of 10 ms.
func (p process) cpu(t testing.TB) time.Duration {
	_, after, _ := strings.Cut(p.read(t, "stat"), ") ") // the name may hold spaces
	fields := strings.Fields(after)                     // from the third of proc(5)
	user, err := strconv.Atoi(fields[11])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// settledRSS returns the resident memory in bytes, when it has changed by at most 256 KiB in 5 s. It
// waits for that for 90 s at most.
func (p process) settledRSS(t testing.TB) int {
	const every, window = 500 * time.Millisecond, 10
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	low, high, calm := p.rss(t), 0, 0
	for range 90 * time.Second / every {
		<-ticker.C
		now := p.rss(t)
		low, high = min(low, now), max(high, now)
		if calm++; high-low > 256<<10 {
			low, high, calm = now, now, 0
		}
		if calm == window {
			return now
		}
	}
	t.Logf("figure: memory did not settle in 90 s")
	return p.rss(t)
}

// once is a client without idle connections, which would count as descriptors and goroutines
// of the server.
var once = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func (s *server) adminPage(t testing.TB, path string) (status int, body string) {
	response, err := once.Get(s.admin + path)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

var totalPattern = regexp.MustCompile(`goroutine profile: total (\d+)`)

func (s *server) goroutines(t testing.TB) int {
	_, body := s.adminPage(t, "/debug/pprof/goroutine?debug=1")
	found := totalPattern.FindStringSubmatch(body)
	require.Len(t, found, 2)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

// requireConsistent waits until the server's counters agree with its tables, for 10 s at most.
func (s *server) requireConsistent(t testing.TB) {
	var status int
	var body string
	eventually(t, 10*time.Second, func() bool {
		status, body = s.adminPage(t, "/debug/check")
		return status == http.StatusOK
	}, func() string { return fmt.Sprintf("/debug/check: %d %s", status, body) })
}

// post publishes through the API and returns the message's seq.
func (s *server) post(t testing.TB, room, text string) uint64 {
	body, err := json.Marshal(map[string]string{"sender": "figures", "text": text})
	require.NoError(t, err)
	response, err := once.Post(s.url+"/api/rooms/"+room+"/messages", "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusAccepted, response.StatusCode)
	var answer struct{ Seq uint64 }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Seq
}

// metric returns the value of a series of /metrics, or 0 if there is none.
func (s *server) metric(t testing.TB, series string) int {
	t.Helper()
	_, all := s.adminPage(t, "/metrics")
	for line := range strings.Lines(all) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			require.NoError(t, err)
			return int(v)
		}
	}
	return 0
}

// heap returns the server's live heap in bytes.
func (s *server) heap(t testing.TB) int {
	for range 2 { // the content of a sync.Pool survives one collection
		s.adminPage(t, "/debug/pprof/heap?gc=1")
	}
	return s.metric(t, "go_memstats_heap_alloc_bytes")
}
