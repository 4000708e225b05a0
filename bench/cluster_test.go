package bench

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"plenum/bench/drive"
	"plenum/bench/internal/fakeserver"
	"plenum/bench/observe"
)

// monitoring starts the monitoring pages of a NATS server. Each read raises its counters by one
// message of 100 bytes and by one batch. It also has the metrics of a node.
func monitoring(t *testing.T) (address string) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/varz":
			n := asked.Add(1)
			fmt.Fprintf(w, `{"in_msgs":%d,"out_msgs":%d,"in_bytes":%d,"out_bytes":%d}`, n, 3*n, 100*n, 300*n)
		case "/jsz":
			n := asked.Load()
			fmt.Fprintf(w, `{"account_details":[{"stream_detail":[{"state":{"last_seq":%d}},{"state":{"last_seq":%d}}]}]}`, n, n)
		default:
			fmt.Fprintf(w, "# HELP\nplenum_rooms 5\nplenum_bus_up 1\nplenum_bus_conflicts_total %d\nplenum_bus_reads_total 2\nplenum_deliveries_total %d\nplenum_writes_total %d\n",
				7*asked.Load(), 80*asked.Load(), 20*asked.Load())
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestTheMembersOfARoomAreSpreadOverTheNodes(t *testing.T) {
	t.Parallel()
	h := fakeserver.NewHub(t)
	first, one := h.Node(t)
	other, two := h.Node(t)
	traffic := trafficTo(h, 300*time.Millisecond)
	traffic.Node = []string{first, localhost(other)}
	traffic.Broker = localhost(monitoring(t))
	traffic.Metrics = []string{"http://" + traffic.Broker + "/metrics", "http://" + traffic.Broker + "/metrics"}
	for _, processes := range []int{1, 3} {
		one.Store(0)
		two.Store(0)
		traffic.Processes = processes
		r, err := (&Fan{Traffic: traffic, Rooms: 3, Members: 3, Senders: 2, Rate: 50}).Run(fakeserver.Context(t), copying())
		require.NoError(t, err)
		assert.Empty(t, r.Failures)
		assert.EqualValues(t, 3*r.Sent, r.Delivered, "each member received each message once, on whichever node it was sent")
		assert.EqualValues(t, 5, one.Load())
		assert.EqualValues(t, 4, two.Load())
		assert.EqualValues(t, 2, r.Server.Nodes)
		assert.EqualValues(t, 40, r.Server.Writes, "of both nodes")
		assert.EqualValues(t, 0.25, r.Server.WritesPerDelivery)
		require.NotNil(t, r.Broker)
		b := *r.Broker
		assert.Positive(t, b.CPU)
		assert.Equal(t, []uint64{1, 3, 100, 300, 2}, []uint64{b.In, b.Out, b.InBytes, b.OutBytes, b.Batches})
		assert.Equal(t, map[string]float64{"conflicts": 14, "reads": 0}, b.Bus)
	}
}

func TestABrokerThatIsNotFoundIsAnError(t *testing.T) {
	h := fakeserver.NewHub(t)
	for broker, want := range map[string]string{
		"127.0.0.1:1": "--broker: nothing listens at 127.0.0.1:1", "192.0.2.1:8222": "--broker: 192.0.2.1:8222 is not a loopback address, so its process is not looked for",
	} {
		traffic := trafficTo(h, time.Second)
		traffic.Broker = broker
		_, err := (&Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 50}).Run(fakeserver.Context(t), &drive.Driver{})
		assert.ErrorContains(t, err, want)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	_, err := observe.FindBroker(gone.Listener.Addr().(*net.TCPAddr).AddrPort(), nil)
	assert.ErrorContains(t, err, "/varz: 404 Not Found")
}

func TestFlagsThatContradictSeveralNodesAreRejected(t *testing.T) {
	o := Options{URL: "ws://127.0.0.1:80/", Duration: 1, Dialers: 1, PID: 7, Node: []string{"127.0.0.1:1", "127.0.0.1:2"}}
	assert.EqualError(t, o.check(), "--pid: must be a process ID or 0, and 0 with several nodes, got 7")
	o.PID = 0
	assert.NoError(t, o.check())
}

func TestABrokerWithoutAPortIsRejected(t *testing.T) {
	o := Options{URL: "ws://127.0.0.1:80/", Duration: 1, Dialers: 1}
	for _, wrong := range []string{"nowhere", "localhost", "127.0.0.1:0", "localhost:8222/varz", "http://localhost:8222"} {
		o.Broker = wrong
		assert.EqualError(t, o.check(), fmt.Sprintf("--broker: must be a host and a port, such as 127.0.0.1:8222, got %q", wrong))
	}
	for _, right := range []string{"localhost:8222", "127.0.0.1:8222", "[::1]:8222"} {
		o.Broker = right
		assert.NoError(t, o.check(), right)
	}
}

func TestWritesAreReadWithoutABroker(t *testing.T) {
	t.Parallel()
	traffic := trafficTo(fakeserver.NewHub(t), 100*time.Millisecond)
	counters := "plenum_deliveries_total 8\nplenum_writes_total 2\n"
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, counters) }))
	defer node.Close()
	traffic.Metrics = []string{node.URL}
	fan := &Fan{Traffic: traffic, Rooms: 1, Members: 2, Senders: 1, Rate: 50}
	r := measured(t, fan)
	assert.Nil(t, r.Broker)
	assert.Zero(t, r.Server.WritesPerDelivery, "the counters did not rise")
	counters = "plenum_deliveries_total 8\n"
	_, err := fan.Run(fakeserver.Context(t), &drive.Driver{})
	assert.EqualError(t, err, "--metrics: "+node.URL+": no metric plenum_writes_total")
}
