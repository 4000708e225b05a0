package report

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench/metric"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
)

var root = filepath.Join("..", "..")

// repository returns the options of the report of this repository.
func repository(t *testing.T) Options {
	t.Helper()
	root, err := filepath.Abs(root)
	require.NoError(t, err)
	results := filepath.Join(root, "bench", "results")
	if _, err := os.Stat(results); os.IsNotExist(err) {
		t.Skip("nothing is published")
	}
	o := Options{
		Results: results, Plots: filepath.Join(results, "plots"), Report: filepath.Join(results, "REPORT.md"),
		Peers: filepath.Join(root, "bench", "peers", "peers.json"),
	}
	for _, name := range []string{"BENCHMARKS.md", "README.md", "rooms/SCALING.md", "rooms/natsbus/CLUSTER.md"} {
		o.Documents = append(o.Documents, filepath.Join(root, filepath.FromSlash(name)))
	}
	return o
}

// repositoryResults returns the results of this repository.
func repositoryResults(t *testing.T) *results.Data {
	t.Helper()
	o := repository(t)
	known, err := results.ReadPeers(o.Peers)
	require.NoError(t, err)
	d, err := results.Load(o.Results, known)
	require.NoError(t, err)
	return d
}

func TestThePublishedDocumentsMatchTheRawResults(t *testing.T) {
	stale, err := Check(repository(t))
	require.NoError(t, err)
	assert.Empty(t, stale, "run plenum-bench report")
}

// place is where the report has a figure of the table of all servers.
type place struct{ heading, column string }

var places = map[string]place{
	"1 room of 5,000: p99 until the last member has a message, ms":  {"One large room", "completion p99, ms"},
	"1,000 messages/s to 1,000 members: p99, ms":                    {"1,000 messages per second", "delivery p99, ms"},
	"1 room of 1,000: highest deliveries/s with a p99 under 150 ms": {"The highest rate in one room", "deliveries/s sustained"},
	"1,000 rooms of 10: p99, ms":                                    {"Rooms of 10", "delivery p99, ms"},
	"1,000 rooms of 10: server CPU per delivery, µs":                {"Rooms of 10", "server CPU per delivery, µs"},
	"idle: server's bytes per connection":                           {"Idle connections", "bytes per connection"},
	"connections opened per second":                                 {"Connecting", "storm upgrades/s"},
}

// TestTheSameFigureIsTheSameInEachDocument reads the tables like a reader, not with the generator.
func TestTheSameFigureIsTheSameInEachDocument(t *testing.T) {
	o := repository(t)
	report, compared := read(t, o.Report), 0
	for _, name := range []string{"README.md", "BENCHMARKS.md"} {
		text := read(t, filepath.Join(root, name))
		for server, row := range tableBelow(t, text, "## ", "1 room of 5,000: p99 until the last member has a message, ms") {
			for column, cell := range row {
				if column == "server" || column == "language" {
					continue
				}
				at, known := places[column]
				require.True(t, known, column)
				whole := tableBelow(t, report, "# "+at.heading+"\n", at.column)[server][at.column]
				figure, _, _ := strings.Cut(strings.Trim(strings.TrimSuffix(cell, " †"), "*"), ", ") // "1,260, 4 of 5 failed"
				if strings.Contains(figure, "failed") || strings.Contains(figure, "held back") {
					assert.Equal(t, markdown.NoFigure, whole, "%s: %s, %s", name, server, column)
					continue
				}
				if figure != markdown.NoFigure {
					median, _, _ := strings.Cut(whole, " (")
					assert.Equal(t, median, figure, "%s: %s, %s", name, server, column)
					compared++
				}
			}
		}
	}
	assert.Greater(t, compared, 50)
}

// tableBelow returns the first table with this column after a text: cells by column, by the first
// cell of their row.
func tableBelow(t *testing.T, text, after, column string) map[string]map[string]string {
	t.Helper()
	_, text, found := strings.Cut(text, after)
	require.True(t, found, after)
	table, head := map[string]map[string]string{}, []string(nil)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case head == nil && strings.HasPrefix(line, "|") && strings.Contains(line, "| "+column+" |"):
			head = cells
		case head != nil && !strings.HasPrefix(line, "|"):
			return table
		case head != nil && !strings.HasPrefix(line, "| ---"):
			table[cells[0]] = map[string]string{}
			for i, cell := range cells {
				table[cells[0]][head[i]] = cell
			}
		}
	}
	require.NotNil(t, head, "%s: no table with %s", after, column)
	return table
}

var sentence = regexp.MustCompile(`: ([0-9.,]+(?: M)?) (\S+) with plenum, ([0-9.,]+(?: M)?) \S+ with (\S+?)(, the next best)?\. That is a factor of ([0-9.,]+)\.`)

// TestTheSentencesSayWhatTheFiguresSay checks the sentences of BENCHMARKS.md against the tables of
// the report.
func TestTheSentencesSayWhatTheFiguresSay(t *testing.T) {
	o := repository(t)
	report, text := read(t, o.Report), strings.Join(strings.Fields(read(t, filepath.Join(root, "BENCHMARKS.md"))), " ")
	best, rest, found := strings.Cut(text, "## Where plenum loses")
	require.True(t, found)
	lost, _, _ := strings.Cut(rest, "## ")
	for part, better := range map[string]bool{best: true, lost: false} {
		list := sentence.FindAllStringSubmatch(part, -1)
		failed := strings.Count(part, "plenum has no figure")
		assert.Len(t, list, strings.Count(part, ". **")-failed, "every other sentence has two figures")
		for _, s := range list {
			mine, theirs := parsed(t, s[1]), parsed(t, s[3])
			higherIsBetter := strings.HasSuffix(s[2], "/s")
			assert.Equal(t, better, (mine > theirs) == higherIsBetter, s[0])
			assert.Equal(t, better, s[5] != "", s[0])
			assert.InDelta(t, max(mine/theirs, theirs/mine), parsed(t, s[6]), 0.06*parsed(t, s[6]), s[0])
			assert.Regexp(t, `(?m)^\| plenum \|.* `+regexp.QuoteMeta(s[1])+` `, report, "the figure of plenum in "+s[0])
			assert.Regexp(t, `(?m)^\| `+s[4]+` \|.* `+regexp.QuoteMeta(s[3])+` `, report, "the figure of the peer in "+s[0])
		}
	}
}

func parsed(t *testing.T, text string) float64 {
	t.Helper()
	millions, isMillions := strings.CutSuffix(text, " M")
	v, err := strconv.ParseFloat(strings.ReplaceAll(millions, ",", ""), 64)
	require.NoError(t, err)
	if isMillions {
		return v * 1e6
	}
	return v
}

// TestFiguresThatOtherDocumentsQuoteAreThoseOfTheReport holds sentences that are written by hand.
func TestFiguresThatOtherDocumentsQuoteAreThoseOfTheReport(t *testing.T) {
	d := repositoryResults(t)
	require.NotNil(t, d.Lab)
	idle, storm := d.Median("idle", results.IdleBytes, results.Plenum), d.Median("connect", results.StormRate, results.Plenum)
	assert.Less(t, idle, 1024.0, "README.md: less than 1 KiB")
	for document, quotes := range map[string][]string{
		"README.md": {"takes less than 1 KiB in the server", fmt.Sprintf("held [%.1f million of them]", float64(d.Lab.Open)/1e6)},
		"rooms/SCALING.md": {
			fmt.Sprintf("has [%s connections in one process]", metric.Grouped(int64(d.Lab.Open))),
		},
		"cmd/plenum/OPERATING.md": {
			metric.Number(idle) + " bytes with 19,000", fmt.Sprintf("[%d bytes](", d.Lab.Bytes), metric.Number(storm) + " handshakes per second",
			metric.Number(d.Wire.Median(results.Storming, results.StormRate, results.Encrypted)) + " over TLS",
			fmt.Sprintf("| %.1f KB, up to", d.Wire.Median("idle", idleKilobytes, results.Encrypted)),
		},
	} {
		text := read(t, filepath.Join(root, filepath.FromSlash(document)))
		for _, quote := range quotes {
			assert.Contains(t, text, quote, document)
		}
	}
}

// phrases are the words of README.md for the kinds of load in which another server may be ahead.
var phrases = map[string]string{
	"One busy room": "a busy room", "A room at a moderate rate": "at moderate rates", "One large room": "large rooms",
	"Small messages": "small messages|small and large messages", "Large messages": "large messages", "Many small rooms": "many small rooms",
	"Members that come and go": "members that come and go", "Rooms of all sizes": "rooms of all sizes",
	"Much traffic in a small room": "much traffic in a small room", "Connections in many rooms": "many rooms per connection",
	"Idle connections": "memory per connection", "Pings": "pings", "Opening connections": "opening connections", "Echo": "echo",
}

var linked = regexp.MustCompile(`\[(\w+)\]\(http`)

// TestREADMENamesTheLoadsInWhichAServerIsAhead holds the table that is written by hand.
func TestREADMENamesTheLoadsInWhichAServerIsAhead(t *testing.T) {
	d := repositoryResults(t)
	const column = "better than plenum at"
	rows := tableBelow(t, read(t, filepath.Join(root, "README.md")), "## Who is better at what", column)
	require.NotEmpty(t, rows)
	for row, cells := range rows {
		var servers []string
		for _, name := range linked.FindAllStringSubmatch(row, -1) {
			name := strings.ToLower(strings.Replace(name[1], "uWebSockets", "uws", 1))
			servers = append(servers, name, name+"-tuned")
		}
		require.NotEmpty(t, servers, row)
		isAhead := map[string]bool{}
		for _, c := range claims {
			ahead, _, _ := c.orders(d)
			isAhead[c.theme] = isAhead[c.theme] || slices.ContainsFunc(ahead, func(name string) bool { return slices.Contains(servers, name) })
		}
		for theme, ahead := range isAhead {
			require.Contains(t, phrases, theme)
			assert.Equal(t, ahead, regexp.MustCompile(phrases[theme]).MatchString(cells[column]), "%s: %s", row, theme)
		}
	}
}

func TestBENCHMARKSHasAtMost150Lines(t *testing.T) {
	assert.LessOrEqual(t, strings.Count(read(t, filepath.Join(root, "BENCHMARKS.md")), "\n"), 150)
}

var latinMicro = regexp.MustCompile(`\d us\b|, us\b`)

func TestMicrosecondsAreWrittenWithAMu(t *testing.T) {
	for _, name := range []string{
		"BENCHMARKS.md", "README.md", "bench/results/REPORT.md", "rooms/SCALING.md", "rooms/natsbus/CLUSTER.md", "cmd/plenum/OPERATING.md", "codec/PUSHER.md",
	} {
		assert.Empty(t, latinMicro.FindAllString(read(t, filepath.Join(root, filepath.FromSlash(name))), -1), name)
	}
}

func TestTheReportLeavesOutSectionsWithoutRuns(t *testing.T) {
	text := read(t, repository(t).Report)
	assert.NotContains(t, text, "Not measured.")
	assert.NotContains(t, text, "## Other entries", "every published entry is of the suite")
}
