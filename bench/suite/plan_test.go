package suite

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/bench"
)

func TestAPlanMultipliesServersRepeatsAndTime(t *testing.T) {
	targets := []Target{{Name: "a"}, {Name: "b", Echo: "ws://{host}/"}, {Name: "b-tuned", Of: "b"}}
	entries := []Entry{
		{ID: "fan", Takes: 20 * time.Second, Why: "all"},
		{ID: "echo", Echo: true, Duration: time.Second, Repeats: 2},
		{ID: "some", Servers: []string{"a"}, Repeats: 3, Takes: time.Minute},
		{ID: "plain", Untuned: true, Takes: time.Minute},
	}
	var got []Planned
	for _, p := range Plan(entries, targets, 0) {
		p.Entry = Entry{}
		got = append(got, p)
	}
	assert.Equal(t, []Planned{
		{Servers: 3, Repeats: 5, Runs: 15, Time: 5 * time.Minute},
		{Servers: 1, Repeats: 2, Runs: 2, Time: 2 * 6 * time.Second},
		{Servers: 1, Repeats: 3, Runs: 3, Time: 3 * time.Minute, Names: []string{"a"}},
		{Servers: 2, Repeats: 5, Runs: 10, Time: 10 * time.Minute},
	}, got)
	assert.Equal(t, 7*3, Plan(entries[:1], targets, 7)[0].Runs, "the suite's own number has precedence")
	var text bytes.Buffer
	require.NoError(t, WritePlan(&text, Plan(entries, targets, 0)))
	assert.Contains(t, text.String(), "fan: all\n")
	assert.Contains(t, text.String(), "some (a)\n")
	assert.Contains(t, text.String(), "30  18 min  all, and more if peers have to be built or runs repeated\n")
}

func TestAnEntryThatIsMeasuredOnceComesLast(t *testing.T) {
	var got []string
	for _, j := range schedule([]Entry{{ID: "hour", Once: true}, {ID: "a", Repeats: 2}, {ID: "b", Repeats: 1}}, []Target{{Name: "t"}}, 0) {
		got = append(got, j.entry.ID)
	}
	assert.Equal(t, "a b a hour", strings.Join(got, " "))
}

func targetsOfTheSet(t *testing.T) []Target {
	all, err := Targets("bin/plenum", "../peers")
	require.NoError(t, err)
	return all
}

// A tenth is left for runs that are repeated, and for the build of the peers.
func TestThePublishedSetTakesLessThan12Hours(t *testing.T) {
	var sum time.Duration
	for _, p := range Plan(Published(), targetsOfTheSet(t), 0) {
		sum += p.Time
		assert.NotEmpty(t, p.Entry.Why, p.Entry.ID)
		assert.NotZero(t, p.Runs, p.Entry.ID)
		assert.NotZero(t, p.Entry.Takes, p.Entry.ID)
	}
	assert.Less(t, sum, 12*time.Hour*9/10)
}

func TestAnEntryWithoutTheTunedPeersMayNameSome(t *testing.T) {
	with := map[string][]string{}
	for _, p := range Plan(Published(), targetsOfTheSet(t), 0) {
		if !strings.HasSuffix(p.Entry.ID, "-loops1") {
			continue
		}
		for _, one := range targetsOfTheSet(t) {
			if one.Of != "" && one.supports(p.Entry) {
				with[p.Entry.ID] = append(with[p.Entry.ID], one.Name)
			}
		}
	}
	assert.Equal(t, map[string][]string{"fan-hot-1000-loops1": {"uws-tuned"}, "saturate-loops1": {"uws-tuned", "axum-tuned"}}, with)
}

func TestEntriesNameKnownServers(t *testing.T) {
	for _, e := range Published() {
		_, err := ChooseTargets(targetsOfTheSet(t), slices.Concat(e.Servers, e.Tuned))
		assert.NoError(t, err, e.ID)
	}
}

func TestAQuickSuiteTakesLessThan20MinutesAndIsPartOfThePublishedSet(t *testing.T) {
	here, skipped := QuickTargets(targetsOfTheSet(t))
	var sum time.Duration
	for _, p := range Plan(Quick(), here, 0) {
		sum += p.Time
		assert.LessOrEqual(t, p.Repeats, 2)
	}
	assert.Less(t, sum, QuickTime)
	assert.Less(t, QuickTime, 20*time.Minute)
	for _, e := range Quick() {
		assert.NotEmpty(t, e.Why, e.ID)
		some, err := ChooseEntries([]string{e.ID})
		require.NoError(t, err)
		assert.Equal(t, some[0].Scenario, e.Scenario)
		assert.Less(t, e.Duration, some[0].Duration)
	}
	assert.Contains(t, skipped, Skipped{"bun-tuned", "a quick suite measures each server in one configuration; --targets measures it anyway"})
	const why = "its build takes minutes; --targets measures it anyway"
	_, skipped = QuickTargets([]Target{{Name: "axum", Tools: []string{"cargo"}}, {Name: "centrifugo", Slow: true}})
	assert.Equal(t, []Skipped{{"axum", why}, {"centrifugo", why}}, skipped)
}

func TestAPlanHasTimesInTheUnitThatSuitsThem(t *testing.T) {
	for want, d := range map[string]time.Duration{"0 s": 0, "24 s": 24 * time.Second, "2 min": 100 * time.Second, "10.6 h": 635 * time.Minute} {
		assert.Equal(t, want, about(d))
	}
}

func TestAnEntryOfThePublishedSetMayNotBeQuick(t *testing.T) {
	_, err := ChooseQuick([]string{"idle", "fan-hot-1000"})
	assert.EqualError(t, err, `"fan-hot-1000" is not in the quick set; --quick --list prints its entries`)
	_, err = ChooseQuick([]string{"fan"})
	assert.EqualError(t, err, `unknown name "fan"; --list prints the names`)
}

func TestASuiteBeginsNoRunThatWouldEndTooLate(t *testing.T) {
	s, log := scriptedSuite(t, func(int) *bench.Result { return &bench.Result{Valid: true} })
	s.Entries[0].Takes = time.Hour
	s.For = time.Minute
	require.NoError(t, s.Run(t.Context()))
	assert.Contains(t, log.String(), "the time is up: 1 runs are left, about 1h0m0s; start the suite again to continue\n")
	assert.NoFileExists(t, s.Out+"/echo.jsonl")

	s.Entries[0].Takes = time.Second
	s.Repeats = 3
	require.NoError(t, s.Run(t.Context()))
	assert.Len(t, results(t, s, "echo"), 3, "and continues later")
}

func TestARejectedRunOfALongEntryIsNotRepeated(t *testing.T) {
	s, _ := scriptedSuite(t, func(int) *bench.Result { return &bench.Result{Reasons: []string{"late"}} })
	s.Entries[0].Once = true
	assert.ErrorContains(t, s.Run(t.Context()), "1 of 1 runs have no result")
	assert.Len(t, results(t, s, "echo"), 1)
}
