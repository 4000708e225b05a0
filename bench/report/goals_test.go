package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/suite"
)

func TestAGoalComparesMedians(t *testing.T) {
	b := compared("echo", "", deliveryRate, 2, in("echo", raw, bun, "gws"))
	d := loaded(t,
		aRun("echo", plenum, 1, sends(9)), aRun("echo", plenum, 2, sends(10)), aRun("echo", plenum, 3, sends(11)),
		aRun("echo", again, 1, sends(9)),
		aRun("echo", bun, 1, sends(3)), aRun("echo", "gws", 1, sends(5)),
	)
	want := outcome{
		own: "10,000 (9,000–11,000)", rival: "gws 5,000", ratio: "2.00", noise: "0.900", verdict: "met by the median, not by 1 of 3 runs, within the noise",
	}
	assert.Equal(t, want, b.judge(d), "the best of the measured rivals")
	assert.Equal(t, missed+", within the noise", compared("echo", "", deliveryRate, 2.1, in("echo", "gws")).judge(d).verdict)
	assert.Equal(t, missed, compared("echo", "", deliveryRate, 2.3, in("echo", "gws")).judge(d).verdict)
	assert.Equal(t, met, compared("echo", "", deliveryRate, 1.7, in("echo", "gws")).judge(d).verdict)
}

func TestARatioWithinTheNoiseIsATie(t *testing.T) {
	judged := func(theirs, second float64) outcome {
		return compared("echo", "", deliveryRate, 0.5, in("echo", bun)).judge(loaded(t,
			aRun("echo", plenum, 1, sends(10)), aRun("echo", again, 1, sends(second)), aRun("echo", bun, 1, sends(theirs))))
	}
	assert.Equal(t, "1.11, a tie", judged(9, 8.9).ratio)
	assert.Equal(t, "1.11", judged(9, 9.5).ratio, "the noise floor is 1.05")
	assert.Equal(t, "0.909, a tie", judged(11, 8.9).ratio)
	assert.Equal(t, met, judged(11, 8.9).verdict, "the limit is far away")
}

func TestAMetGoalSaysHowManyRunsMissIt(t *testing.T) {
	b := bounded("echo", "", deliveryRate, 5000)
	runs := []*bench.Result{aRun("echo", plenum, 1, sends(4)), aRun("echo", plenum, 2, sends(5)), aRun("echo", plenum, 3, sends(9))}
	assert.Equal(t, "met by the median, not by 1 of 3 runs", b.judge(loaded(t, runs...)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, runs[:2]...)).verdict)
	assert.Equal(t, missed, b.judge(loaded(t, runs[2])).verdict)
}

func TestAGoalThatHoldsWithOneClientShapeSaysSo(t *testing.T) {
	b := bounded("echo", "", deliveryRate, 5000)
	first, one := aRun("echo", plenum, 1, sends(4)), aRun("echo"+oneLoop, plenum, 1, sends(6))
	assert.Equal(t, "met; with a one-loop client **missed**", b.outcome(loaded(t, first, one)).verdict)
	assert.Equal(t, met, b.outcome(loaded(t, first, aRun("echo"+oneLoop, plenum, 1, sends(4)))).verdict)
	assert.Equal(t, met, b.outcome(loaded(t, first)).verdict)
}

func TestGoalsWithoutFiguresAreNamedBelowTheTable(t *testing.T) {
	d := loaded(t, aRun("fan-hot-200", plenum, 1, sends(1)))
	assert.Contains(t, goalsPart(d), "| fan-hot-200 | no loss |")
	assert.NotContains(t, goalsPart(d), notMeasured+" |\n")
	assert.Contains(t, d.unjudged(), "fan-hot-200: p99 at most uWebSockets'")
	assert.NotContains(t, strings.Join(d.unjudged(), ";"), "idle", "an entry without runs")
}

func TestVerdictsWhenRunsFailOrAreMissing(t *testing.T) {
	lossy := fails("1 deliveries lost")
	mine, theirs := aRun("echo", plenum, 1, sends(1)), aRun("echo", bun, 1, sends(2))
	for name, c := range map[string]struct {
		runs []*bench.Result
		want string
	}{
		"none":                             {nil, notMeasured},
		"no rival":                         {[]*bench.Result{mine}, notMeasured},
		"no run of plenum":                 {[]*bench.Result{theirs}, notMeasured},
		"better":                           {[]*bench.Result{mine, theirs}, met},
		"each run of a rival fails":        {[]*bench.Result{mine, aRun("echo", bun, 1, sends(2), lossy)}, met},
		"each run of a rival is held back": {[]*bench.Result{mine, aRun("echo", bun, 1, sends(2), holdsBack(0.1))}, met},
		"a rival is held back with the generator at its limit": {[]*bench.Result{mine, aRun("echo", bun, 1, sends(2), holdsBack(0.1), isInvalid)}, undecided},
		"some run of plenum is held back":                      {[]*bench.Result{mine, aRun("echo", plenum, 2, sends(1), holdsBack(0.1)), theirs}, missed},
		"some run of plenum fails":                             {[]*bench.Result{mine, aRun("echo", plenum, 2, lossy), theirs}, missed},
	} {
		d := loaded(t, c.runs...)
		assert.Equal(t, c.want, compared("echo", "", deliveryP99, 1, in("echo", bun)).judge(d).verdict, name)
	}
}

func TestALostMessageMissesTheGoal(t *testing.T) {
	b := lossless("echo", "")
	assert.Equal(t, notMeasured, b.judge(loaded(t)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, aRun("echo", plenum, 1))).verdict)
	lost := b.judge(loaded(t, aRun("echo", plenum, 1), aRun("echo", plenum, 2, fails("1 deliveries lost"))))
	assert.Equal(t, outcome{own: "failed 1 of 2", verdict: missed}, lost)
	held := b.judge(loaded(t, aRun("echo", plenum, 1), aRun("echo", plenum, 2, holdsBack(0.1))))
	assert.Equal(t, outcome{own: "1 of 2 held back", verdict: missed}, held, "nothing was lost, at another rate")
}

func TestAPeerSustainsALoadIfNoneOfItsRunsFails(t *testing.T) {
	b := noPeerSustains("echo", "")
	lost := aRun("echo", "gws", 1, fails("1 deliveries lost"))
	assert.Equal(t, notMeasured, b.judge(loaded(t, aRun("echo", raw, 1))).verdict)
	assert.Equal(t, met, b.judge(loaded(t, lost, aRun("echo", "gws", 2))).verdict)
	assert.Equal(t, outcome{rival: "bun", verdict: missed}, b.judge(loaded(t, lost, aRun("echo", bun, 1))))
	assert.Equal(t, met, b.judge(loaded(t, lost, aRun("echo", bun, 1, holdsBack(0.1)))).verdict)
}

func TestASearchLimitedByTheGeneratorMissesTheGoal(t *testing.T) {
	hits := aRun("saturate", plenum, 1, holds(9, "generator"))
	assert.Equal(t, missed, generatorNotLimit("saturate", "").judge(loaded(t, hits)).verdict)
	free := aRun("saturate", plenum, 1, holds(9, "server"))
	assert.Equal(t, met, generatorNotLimit("saturate", "").judge(loaded(t, free)).verdict)
}

func TestAStormBoundedByTheClientIsStillMissed(t *testing.T) {
	bound := func(r *bench.Result) { r.Notes = []string{"the storm was bounded by the client, which used 1.2 cores"} }
	d := loaded(t, aRun("connect", bun, 1, upgradesAt(9)), aRun("connect", plenum, 1, upgradesAt(8), bound))
	i := slices.IndexFunc(goals, func(b goal) bool { return b.entry == "connect" })
	assert.Equal(t, missed, goals[i].judge(d).verdict)
}

func TestFailuresWithAnOverrunGeneratorAreUndecided(t *testing.T) {
	lossy := fails("1 deliveries lost")
	mine := aRun("echo", plenum, 1, sends(1))
	for name, c := range map[string]struct {
		ratio, held string
		runs        []*bench.Result
	}{
		"of the only peer":       {undecided, undecided, []*bench.Result{aRun("echo", bun, 1, overruns)}},
		"of one of two":          {undecided, undecided, []*bench.Result{aRun("echo", bun, 1, overruns), aRun("echo", "gws", 1, lossy)}},
		"beside a sound peer":    {undecided, missed, []*bench.Result{aRun("echo", bun, 1, overruns), aRun("echo", "gws", 1, sends(2))}},
		"beside a sound run":     {met, missed, []*bench.Result{aRun("echo", bun, 1, overruns), aRun("echo", bun, 2, sends(2))}},
		"beside another failure": {met, met, []*bench.Result{aRun("echo", bun, 1, overruns), aRun("echo", bun, 2, lossy)}},
	} {
		d := loaded(t, append(c.runs, mine)...)
		assert.Equal(t, c.ratio, compared("echo", "", deliveryP99, 1, inPeers("echo")).judge(d).verdict, name)
		assert.Equal(t, c.held, noPeerSustains("echo", "").judge(d).verdict, name)
	}
	own := loaded(t, aRun("echo", plenum, 1, overruns), aRun("echo", bun, 1, overruns))
	assert.Equal(t, missed, lossless("echo", "").judge(own).verdict, "plenum's own failures always count")
	assert.Equal(t, missed, compared("echo", "", deliveryP99, 1, in("echo", bun)).judge(own).verdict)
}

func TestTooFewRepeatsOfAnEntryMissTheGoal(t *testing.T) {
	b := repeated("", []suite.Entry{{ID: "echo", Repeats: 2}, {ID: "zipf", Repeats: 2}, {ID: "hour", Once: true}, {ID: "connect", Repeats: 2}})
	runs := []*bench.Result{aRun("echo", plenum, 1), aRun("echo", plenum, 2), aRun("zipf", plenum, 1), aRun("zipf", plenum, 2), aRun("hour", plenum, 1)}
	assert.Equal(t, outcome{verdict: met}, b.judge(loaded(t, runs...)), "an entry without runs is named elsewhere")
	once := aRun("echo", bun, 1)
	failed := aRun("zipf", bun, 1, fails("1 deliveries lost"))
	assert.Equal(t, outcome{own: "echo 1 of 2", verdict: missed}, b.judge(loaded(t, append(runs, once, failed)...)))
	assert.Equal(t, outcome{own: "zipf 1 of 2", verdict: missed}, b.judge(loaded(t, runs[:3]...)))
	assert.Equal(t, outcome{own: "connect 0 of 2", verdict: missed}, b.judge(loaded(t, append(runs, aRun("connect", bun, 1))...)))
	assert.Equal(t, notMeasured, b.judge(loaded(t)).verdict)
}

func TestKtorMustBeMeasuredInEachEntryWithAGoPeer(t *testing.T) {
	b := measuredEverywhere("", ktor)
	here, there := aRun("echo", ktor, 1), aRun("churn", "gws", 1)
	assert.Equal(t, notMeasured, b.judge(loaded(t, there)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, here, aRun("echo", "gws", 1), aRun("slow-none", plenum, 1))).verdict)
	assert.Equal(t, outcome{rival: "not in churn", verdict: missed}, b.judge(loaded(t, here, there)))
}
