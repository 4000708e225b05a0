package client

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMessagesAreDeliveredOnceAndHolesAreReportedAsGaps(t *testing.T) {
	for name, tc := range map[string]struct{ script, want string }{
		"in order":                        {"join:a 5 6", "5 6"},
		"duplicated":                      {"join:a 5 5 6 5 4", "5 6"},
		"a hole without a gap":            {"join:a 5 8 9", "5 gap(a:5,a:6-7) 8 9"},
		"a gap of the server":             {"join:a 5 gap:7 8", "5 gap(a:5,a:6-7) 8"},
		"a gap that is sent twice":        {"join:a gap:7 gap:7 gap:6 8", "gap(a:4,a:5-7) 8"},
		"a hole larger than the gap":      {"join:a gap:6 8", "gap(a:4,a:5-6) gap(a:6,a:7-7) 8"},
		"rejoined in the same epoch":      {"join:a 5 join:a 5 6", "5 6"},
		"another epoch":                   {"join:a 5 join:b gap:0 1 2", "5 gap(a:5,b:1-0) 1 2"},
		"another epoch, not all retained": {"join:a 5 join:b gap:3 4", "5 gap(a:5,b:1-3) 4"},
		"another epoch without a gap":     {"join:a 5 join:b 1 2", "5 gap(a:5,b:1-0) 1 2"},
		"two epochs":                      {"join:a 5 join:b gap:0 join:c gap:0 1", "5 gap(a:5,b:1-0) gap(b:0,c:1-0) 1"},
		"two epochs, no gap in between":   {"join:a 5 join:b join:c gap:0 1", "5 gap(a:5,c:1-0) 1"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, play(t, tc.script)) })
	}
}

// play gives the steps of a script to a room at position a:4. It returns the messages and gaps that the room reports.
func play(t *testing.T, script string) string {
	r := &room{position: Position{Epoch: "a", Seq: 4}}
	var reported []string
	for step := range strings.FieldsSeq(script) {
		var epoch string
		var n uint64
		if _, err := fmt.Sscanf(step, "join:%s", &epoch); err == nil {
			r.enter(epoch)
			continue
		}
		if _, err := fmt.Sscanf(step, "gap:%d", &n); err == nil {
			if g, lost := r.skip(n); lost {
				reported = append(reported, fmt.Sprintf("gap(%s,%s:%d-%d)", g.After, g.Epoch, g.From, g.To))
			}
			continue
		}
		_, err := fmt.Sscan(step, &n)
		require.NoError(t, err)
		g, lost, fresh := r.receive(n)
		if lost {
			reported = append(reported, fmt.Sprintf("gap(%s,%s:%d-%d)", g.After, g.Epoch, g.From, g.To))
		}
		if fresh {
			reported = append(reported, fmt.Sprint(n))
		}
	}
	return strings.Join(reported, " ")
}

func TestNothingIsDeliveredBeforeTheRoomIsJoinedAgain(t *testing.T) {
	r := &room{position: Position{Epoch: "a", Seq: 4}}
	_, lost, fresh := r.receive(6)
	assert.False(t, lost || fresh)
	_, lost = r.skip(6)
	assert.False(t, lost)
}

// Any parts of a room's log are sent any number of times, on any number of connections. Each message is delivered once or
// reported as lost.
func TestEachNumberIsDeliveredOnceOrReportedLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &room{}
		var numbers []Position // delivered or lost, in order
		take := func(g Gap, lost bool) {
			for seq := g.From; lost && seq <= g.To; seq++ {
				numbers = append(numbers, Position{g.Epoch, seq})
			}
		}
		epochs := rapid.IntRange(1, 4).Draw(t, "epochs")
		for i := range epochs {
			epoch := string(rune('a' + i))
			for range rapid.IntRange(1, 5).Draw(t, "connections") {
				r.enter(epoch)
				for range rapid.IntRange(0, 5).Draw(t, "parts") {
					from := rapid.Uint64Range(1, 30).Draw(t, "from")
					if rapid.Bool().Draw(t, "gap") {
						take(r.skip(from))
						continue
					}
					for seq := from; seq < from+rapid.Uint64Range(1, 10).Draw(t, "n"); seq++ {
						g, lost, fresh := r.receive(seq)
						take(g, lost)
						if fresh {
							numbers = append(numbers, Position{epoch, seq})
						}
					}
				}
			}
		}
		for i, p := range numbers {
			if i == 0 || numbers[i-1].Epoch != p.Epoch {
				require.Equal(t, uint64(1), p.Seq, "%v", numbers)
				continue
			}
			require.Equal(t, numbers[i-1].Seq+1, p.Seq, "%v", numbers)
		}
	})
}
