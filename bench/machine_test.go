package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheMachineIsBusyWhileItIsNotIdle(t *testing.T) {
	const text = "cpu  480876 5881 230266 1115328 3883 7 44392 466 2 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5 6\n"
	const idle, steal = (1115328 + 3883) * tick, 466 * tick
	assert.Equal(t, machineTime{Busy: 2*time.Hour - idle - steal, Steal: steal}, parseMachine(text, time.Hour))
	assert.Zero(t, parseMachine("", time.Hour))
	assert.Zero(t, parseMachine("cpu0 1 2 3 4 5 6 7 8 9 10", time.Hour))
	assert.NotZero(t, readMachine().Busy)
}

func TestWhatIsNobodysIsTheOthers(t *testing.T) {
	r := sound()
	r.Seconds, r.Server = 10, &ServerUse{Share: 0.5}
	r.Environment.Cores = 2
	r.Machine = r.machine(machineTime{Busy: 11 * time.Second, Steal: time.Second}, 10)
	assert.InDelta(t, 1.1, r.Machine.Busy, 1e-9)
	assert.InDelta(t, 0.3, r.Machine.Other, 1e-9)
	r.judge()
	assert.True(t, r.Valid, "a reader may judge by the note")
	assert.Contains(t, r.Notes, "other processes used 0.30 of 2 cores")
	assert.Contains(t, r.Notes, "the machine's host took 0.10 cores away")
	longer := r.machine(machineTime{Busy: 11 * time.Second}, 20)
	assert.InDelta(t, 0.15, longer.Other, 1e-9, "of a run that waited as long again for what did not come")
	r.Broker = &BrokerUse{Share: 0.2}
	assert.InDelta(t, 0.1, r.machine(machineTime{Busy: 11 * time.Second}, 10).Other, 1e-9)
	r.Server = nil
	assert.Nil(t, r.machine(machineTime{}, 10))
}

func TestTheNoisierOfTwoPartsCounts(t *testing.T) {
	quiet, noisy := &MachineUse{Other: 0.1}, &MachineUse{Other: 0.05, Steal: 0.2}
	assert.Same(t, noisy, noisier(quiet, noisy))
	assert.Same(t, noisy, noisier(noisy, quiet))
	assert.Same(t, quiet, noisier(nil, quiet))
	assert.Same(t, quiet, noisier(quiet, nil))
	assert.Nil(t, noisier(nil, nil))
	assert.Nil(t, machineTime{Busy: time.Second}.use(0, 1))
}
