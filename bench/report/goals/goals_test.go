package goals

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"plenum/bench"
	"plenum/bench/report/internal/synthetic"
	"plenum/bench/report/markdown"
	"plenum/bench/report/results"
	"plenum/bench/suite"
)

func TestAGoalComparesMedians(t *testing.T) {
	b := compared("echo", "", results.DeliveryRate, 2, results.In("echo", results.Raw, results.Bun, "gws"))
	d := loaded(t,
		synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(9)), synthetic.Run("echo", results.Plenum, 2, synthetic.Sends(10)), synthetic.Run("echo", results.Plenum, 3, synthetic.Sends(11)),
		synthetic.Run("echo", results.Again, 1, synthetic.Sends(9)),
		synthetic.Run("echo", results.Bun, 1, synthetic.Sends(3)), synthetic.Run("echo", "gws", 1, synthetic.Sends(5)),
	)
	want := outcome{
		own: "10,000 (9,000–11,000)", rival: "gws 5,000", ratio: "2.00", noise: "0.900", verdict: "met by the median, not by 1 of 3 runs, within the noise",
	}
	assert.Equal(t, want, b.judge(d), "the best of the measured rivals")
	assert.Equal(t, missed+", within the noise", compared("echo", "", results.DeliveryRate, 2.1, results.In("echo", "gws")).judge(d).verdict)
	assert.Equal(t, missed, compared("echo", "", results.DeliveryRate, 2.3, results.In("echo", "gws")).judge(d).verdict)
	assert.Equal(t, met, compared("echo", "", results.DeliveryRate, 1.7, results.In("echo", "gws")).judge(d).verdict)
}

func TestARatioWithinTheNoiseIsATie(t *testing.T) {
	judged := func(theirs, second float64) outcome {
		return compared("echo", "", results.DeliveryRate, 0.5, results.In("echo", results.Bun)).judge(loaded(t,
			synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(10)), synthetic.Run("echo", results.Plenum, 2, synthetic.Sends(10)), synthetic.Run("echo", results.Again, 1, synthetic.Sends(second)),
			synthetic.Run("echo", results.Bun, 1, synthetic.Sends(theirs)), synthetic.Run("echo", results.Bun, 2, synthetic.Sends(theirs))))
	}
	assert.Equal(t, "1.11, a tie", judged(9, 8.9).ratio)
	assert.Equal(t, "1.11", judged(9, 9.5).ratio, "the noise floor is 1.05")
	assert.Equal(t, "0.909, a tie", judged(11, 8.9).ratio)
	assert.Equal(t, met, judged(11, 8.9).verdict, "the limit is far away")
}

func TestAMetGoalSaysHowManyRunsMissIt(t *testing.T) {
	b := bounded("echo", "", results.DeliveryRate, 5000)
	runs := []*bench.Result{synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(4)), synthetic.Run("echo", results.Plenum, 2, synthetic.Sends(5)), synthetic.Run("echo", results.Plenum, 3, synthetic.Sends(9))}
	assert.Equal(t, "met by the median, not by 1 of 3 runs", b.judge(loaded(t, runs...)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, runs[:2]...)).verdict)
	assert.Equal(t, missed, b.judge(loaded(t, runs[2])).verdict)
}

func TestAGoalThatHoldsWithOneClientShapeSaysSo(t *testing.T) {
	b := bounded("echo", "", results.DeliveryRate, 5000)
	first, one := synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(4)), synthetic.Run("echo"+results.OneLoop, results.Plenum, 1, synthetic.Sends(6))
	assert.Equal(t, "met; with a one-loop client **missed**", b.outcome(loaded(t, first, one)).verdict)
	assert.Equal(t, met, b.outcome(loaded(t, first, synthetic.Run("echo"+results.OneLoop, results.Plenum, 1, synthetic.Sends(4)))).verdict)
	assert.Equal(t, met, b.outcome(loaded(t, first)).verdict)
}

func TestGoalsWithoutFiguresAreNamedBelowTheTable(t *testing.T) {
	d := loaded(t, synthetic.Run("fan-hot-200", results.Plenum, 1, synthetic.Sends(1)))
	assert.Contains(t, Part(d), "| fan-hot-200 | no loss |")
	assert.NotContains(t, Part(d), markdown.NotMeasured+" |\n")
	assert.Contains(t, Unjudged(d), "fan-hot-200: p99 at most uWebSockets'")
	assert.NotContains(t, strings.Join(Unjudged(d), ";"), "idle", "an entry without runs")
}

func TestVerdictsWhenRunsFailOrAreMissing(t *testing.T) {
	lossy := synthetic.Fails("1 deliveries lost")
	mine, theirs := synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(1)), synthetic.Run("echo", results.Bun, 1, synthetic.Sends(2))
	for name, c := range map[string]struct {
		runs []*bench.Result
		want string
	}{
		"none":                             {nil, markdown.NotMeasured},
		"no rival":                         {[]*bench.Result{mine}, markdown.NotMeasured},
		"no run of plenum":                 {[]*bench.Result{theirs}, markdown.NotMeasured},
		"better":                           {[]*bench.Result{mine, theirs}, met},
		"each run of a rival fails":        {[]*bench.Result{mine, synthetic.Run("echo", results.Bun, 1, synthetic.Sends(2), lossy)}, met},
		"each run of a rival is held back": {[]*bench.Result{mine, synthetic.Run("echo", results.Bun, 1, synthetic.Sends(2), synthetic.HoldsBack(0.1))}, met},
		"a rival is held back with the generator at its limit": {[]*bench.Result{mine, synthetic.Run("echo", results.Bun, 1, synthetic.Sends(2), synthetic.HoldsBack(0.1), synthetic.Invalid)}, undecided},
		"some run of plenum is held back":                      {[]*bench.Result{mine, synthetic.Run("echo", results.Plenum, 2, synthetic.Sends(1), synthetic.HoldsBack(0.1)), theirs}, missed},
		"some run of plenum fails":                             {[]*bench.Result{mine, synthetic.Run("echo", results.Plenum, 2, lossy), theirs}, missed},
	} {
		d := loaded(t, c.runs...)
		assert.Equal(t, c.want, compared("echo", "", results.DeliveryP99, 1, results.In("echo", results.Bun)).judge(d).verdict, name)
	}
}

func TestALostMessageMissesTheGoal(t *testing.T) {
	b := lossless("echo", "")
	assert.Equal(t, markdown.NotMeasured, b.judge(loaded(t)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, synthetic.Run("echo", results.Plenum, 1))).verdict)
	lost := b.judge(loaded(t, synthetic.Run("echo", results.Plenum, 1), synthetic.Run("echo", results.Plenum, 2, synthetic.Fails("1 deliveries lost"))))
	assert.Equal(t, outcome{own: "failed 1 of 2", verdict: missed}, lost)
	held := b.judge(loaded(t, synthetic.Run("echo", results.Plenum, 1), synthetic.Run("echo", results.Plenum, 2, synthetic.HoldsBack(0.1))))
	assert.Equal(t, outcome{own: "1 of 2 held back", verdict: missed}, held, "nothing was lost, at another rate")
}

func TestAPeerSustainsALoadIfNoneOfItsRunsFails(t *testing.T) {
	b := noPeerSustains("echo", "")
	lost := synthetic.Run("echo", "gws", 1, synthetic.Fails("1 deliveries lost"))
	assert.Equal(t, markdown.NotMeasured, b.judge(loaded(t, synthetic.Run("echo", results.Raw, 1))).verdict)
	assert.Equal(t, met, b.judge(loaded(t, lost, synthetic.Run("echo", "gws", 2))).verdict)
	assert.Equal(t, outcome{rival: "bun", verdict: missed}, b.judge(loaded(t, lost, synthetic.Run("echo", results.Bun, 1))))
	assert.Equal(t, met, b.judge(loaded(t, lost, synthetic.Run("echo", results.Bun, 1, synthetic.HoldsBack(0.1)))).verdict)
}

func TestASearchLimitedByTheGeneratorMissesTheGoal(t *testing.T) {
	hits := synthetic.Run("saturate", results.Plenum, 1, synthetic.Holds(9, "generator"))
	assert.Equal(t, missed, generatorNotLimit("saturate", "").judge(loaded(t, hits)).verdict)
	free := synthetic.Run("saturate", results.Plenum, 1, synthetic.Holds(9, "server"))
	assert.Equal(t, met, generatorNotLimit("saturate", "").judge(loaded(t, free)).verdict)
}

func TestAStormBoundedByTheClientIsStillMissed(t *testing.T) {
	bound := func(r *bench.Result) { r.Notes = []string{"the storm was bounded by the client, which used 1.2 cores"} }
	d := loaded(t, synthetic.Run("connect", results.Bun, 1, synthetic.UpgradesAt(9)), synthetic.Run("connect", results.Plenum, 1, synthetic.UpgradesAt(8), bound))
	i := slices.IndexFunc(goals, func(b goal) bool { return b.entry == "connect" })
	assert.Equal(t, missed, goals[i].judge(d).verdict)
}

func TestFailuresWithAnOverrunGeneratorAreUndecided(t *testing.T) {
	lossy := synthetic.Fails("1 deliveries lost")
	mine := synthetic.Run("echo", results.Plenum, 1, synthetic.Sends(1))
	for name, c := range map[string]struct {
		ratio, held string
		runs        []*bench.Result
	}{
		"of the only peer":       {undecided, undecided, []*bench.Result{synthetic.Run("echo", results.Bun, 1, synthetic.Overruns)}},
		"of one of two":          {undecided, undecided, []*bench.Result{synthetic.Run("echo", results.Bun, 1, synthetic.Overruns), synthetic.Run("echo", "gws", 1, lossy)}},
		"beside a sound peer":    {undecided, missed, []*bench.Result{synthetic.Run("echo", results.Bun, 1, synthetic.Overruns), synthetic.Run("echo", "gws", 1, synthetic.Sends(2))}},
		"beside a sound run":     {met, missed, []*bench.Result{synthetic.Run("echo", results.Bun, 1, synthetic.Overruns), synthetic.Run("echo", results.Bun, 2, synthetic.Sends(2))}},
		"beside another failure": {met, met, []*bench.Result{synthetic.Run("echo", results.Bun, 1, synthetic.Overruns), synthetic.Run("echo", results.Bun, 2, lossy)}},
	} {
		d := loaded(t, append(c.runs, mine)...)
		assert.Equal(t, c.ratio, compared("echo", "", results.DeliveryP99, 1, results.InPeers("echo")).judge(d).verdict, name)
		assert.Equal(t, c.held, noPeerSustains("echo", "").judge(d).verdict, name)
	}
	own := loaded(t, synthetic.Run("echo", results.Plenum, 1, synthetic.Overruns), synthetic.Run("echo", results.Bun, 1, synthetic.Overruns))
	assert.Equal(t, missed, lossless("echo", "").judge(own).verdict, "plenum's own failures always count")
	assert.Equal(t, missed, compared("echo", "", results.DeliveryP99, 1, results.In("echo", results.Bun)).judge(own).verdict)
}

func TestTooFewRepeatsOfAnEntryMissTheGoal(t *testing.T) {
	b := repeated("", []suite.Entry{{ID: "echo", Repeats: 2}, {ID: "zipf", Repeats: 2}, {ID: "hour", Once: true}, {ID: "connect", Repeats: 2}})
	runs := []*bench.Result{synthetic.Run("echo", results.Plenum, 1), synthetic.Run("echo", results.Plenum, 2), synthetic.Run("zipf", results.Plenum, 1), synthetic.Run("zipf", results.Plenum, 2), synthetic.Run("hour", results.Plenum, 1)}
	assert.Equal(t, outcome{verdict: met}, b.judge(published(t, runs...)), "an entry without runs is named elsewhere")
	once := synthetic.Run("echo", results.Bun, 1)
	failed := synthetic.Run("zipf", results.Bun, 1, synthetic.Fails("1 deliveries lost"))
	assert.Equal(t, outcome{own: "echo 1 of 2", verdict: missed}, b.judge(published(t, append(runs, once, failed)...)))
	assert.Equal(t, outcome{own: "zipf 1 of 2", verdict: missed}, b.judge(published(t, runs[:3]...)))
	assert.Equal(t, outcome{own: "connect 0 of 2", verdict: missed}, b.judge(published(t, append(runs, synthetic.Run("connect", results.Bun, 1))...)))
	assert.Equal(t, markdown.NotMeasured, b.judge(published(t)).verdict)
	assert.Equal(t, markdown.NotMeasured, b.judge(loaded(t, runs...)).verdict, "a suite of somebody else")
}

func TestKtorMustBeMeasuredInEachEntryWithAGoPeer(t *testing.T) {
	b := measuredEverywhere("", results.Ktor)
	here, there := synthetic.Run("echo", results.Ktor, 1), synthetic.Run("churn", "gws", 1)
	assert.Equal(t, markdown.NotMeasured, b.judge(loaded(t, there)).verdict)
	assert.Equal(t, met, b.judge(loaded(t, here, synthetic.Run("echo", "gws", 1), synthetic.Run("slow-none", results.Plenum, 1))).verdict)
	assert.Equal(t, outcome{rival: "not in churn", verdict: missed}, b.judge(loaded(t, here, there)))
}

// published is loaded for the results of the project's documents.
func published(t *testing.T, runs ...*bench.Result) *results.Data {
	t.Helper()
	d := loaded(t, runs...)
	d.Published = true
	return d
}
