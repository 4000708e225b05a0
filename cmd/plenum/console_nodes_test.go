package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/admin"

	"plenum/cmd/plenum/internal/browsertest"
)

// nodeWords defines functions for conditions on the section Nodes. node and cell are about the node with a port, bus
// is the line above the table.
const nodeWords = `
	const node = (port) => [...document.querySelectorAll("#nodes tbody tr")].find((row) => row.querySelector(".name").textContent.endsWith(":" + port));
	const cell = (port, name) => node(port).querySelector("." + name).textContent;
	const bus = () => document.getElementById("bus").textContent;
	const marked = () => [...document.querySelectorAll("#nodes .this")].filter((mark) => mark.checkVisibility()).map((mark) => mark.closest("tr"));
	const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
	const apart = () => [...document.querySelectorAll("#nodes tbody tr")].every((row) => {
		const boxes = [...row.cells].map((cell) => cell.getBoundingClientRect());
		return boxes.every((a, i) => boxes.slice(i + 1).every((b) => !overlap(a, b)));
	});
`

func (s *testServer) port() string { return s.url[strings.LastIndexByte(s.url, ':')+1:] }

// consoleOfNodes opens the operations page of the first of three nodes. The last node is a separate process.
func consoleOfNodes(t *testing.T, broker string, flags ...string) (page *browsertest.Tab, nodes []*testServer, last *process) {
	t.Helper()
	nodes = startNodes(t, broker, 2, flags...)
	last = program(t, append(flags, "--cluster="+broker)...)
	nodes = append(nodes, last.begin(t))
	page = openConsole(t, nodes[0], time.Minute)
	page.Words += nodeWords
	page.Until(`state() === "live" && bus().startsWith("3 of 3 ready. Connected to the brokers") && texts("#nodes tbody tr").length === 3`)
	return page, nodes, last
}

func TestConsoleOfANodeShowsAllNodes(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	page, nodes, last := consoleOfNodes(t, broker.ClientURL(), "--max-conns=2000", "--drain-delay=2s")
	is := func(s *testServer, cells ...string) {
		t.Helper()
		for i, name := range []string{"condition", "connections", "most", "rooms", "members", "behind"}[:len(cells)] {
			page.Until(fmt.Sprintf(`cell(%s, %q) === %q`, s.port(), name, cells[i]))
		}
	}
	page.Until(fmt.Sprintf(`marked().length === 1 && marked()[0] === node(%s)`, nodes[0].port()))
	for _, name := range []string{"Alex", "Bo"} {
		go dial(t, nodes[1], "/ws/chat/a?username="+name).discards()
	}
	is(nodes[0], "ready", "0", "of 2,000", "0", "0", "0")
	is(nodes[1], "ready", "2", "of 2,000", "1", "2", "0")
	page.Until(`/: [\d.]+ batches per second from this node, \d+ in total, \d+ conflicts?\.$/.test(bus())`)

	require.NoError(t, last.Process.Kill())
	is(nodes[2], "no answer", "–", "", "–", "–", "–")
	go nodes[1].stop() // the end of the test waits for it
	is(nodes[1], "draining", "2")
	page.Until(`bus().startsWith("1 of 3 ready. ") && state() === "live"`)
	page.Until(fmt.Sprintf(`node(%s) === undefined && texts("#nodes tbody tr").length === 2`, nodes[1].port()))
	broker.Shutdown()
	is(nodes[0], admin.BusAway, "0")
	page.Until(`bus().startsWith("No broker can be reached: ") && last("#state") === "Brokers unreachable"`)
}

func TestConsoleOfANodeFitsAPhone(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	page, _, _ := consoleOfNodes(t, startBroker(t, 0, t.TempDir()).ClientURL())
	for _, width := range []int64{360, 700, 704, 1280} {
		page.Screen(width, 740, "dark")
		page.Until(`fits() && apart()`)
		page.Until(`document.querySelectorAll("#nodes td span:not(.condition)").forEach((figure) => { figure.textContent = "888,888"; }) ||
			document.querySelectorAll("#nodes .most").forEach((most) => { most.textContent = "of 888,888"; }) ||
			document.querySelectorAll("#nodes .condition").forEach((word) => { word.textContent = "the bus is away"; }) ||
			document.querySelectorAll("#nodes .name").forEach((name) => { name.textContent = "ip-10-0-128-201.eu-central-1.compute.internal:8080"; }) ||
			fits() && apart()`)
	}
}

func TestConsoleWithoutAClusterShowsNoNodes(t *testing.T) {
	plainOnly(t, "the test takes long")
	t.Parallel()
	page := openConsole(t, start(t), time.Minute)
	page.Until(`state() === "live" && !visible("nodes")`)
}
