package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"plenum/bench/observe"
)

func TestProcessorTimeOfOtherProcessesIsTheRest(t *testing.T) {
	r := sound()
	r.Seconds, r.Server = 10, &observe.ServerUse{Cores: 0.5}
	r.Environment.Cores = 2
	r.Machine = r.machine(observe.MachineTime{Busy: 11 * time.Second, Steal: time.Second}, 10)
	assert.InDelta(t, 1.1, r.Machine.Busy, 1e-9)
	assert.InDelta(t, 0.3, r.Machine.Other, 1e-9)
	r.judge()
	assert.True(t, r.Valid, "the note does not make it invalid")
	assert.Contains(t, r.Notes, "other processes used 0.30 of 2 cores")
	assert.Contains(t, r.Notes, "the machine's host took 0.10 cores away")
	longer := r.machine(observe.MachineTime{Busy: 11 * time.Second}, 20)
	assert.InDelta(t, 0.15, longer.Other, 1e-9, "the rest over the whole time, which was twice as long")
	r.Broker = &observe.BrokerUse{Cores: 0.2}
	assert.InDelta(t, 0.1, r.machine(observe.MachineTime{Busy: 11 * time.Second}, 10).Other, 1e-9)
	r.Server = nil
	assert.Nil(t, r.machine(observe.MachineTime{}, 10))
}
