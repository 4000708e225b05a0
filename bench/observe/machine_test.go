package observe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBusyTimeIsAllTimeThatIsNotIdle(t *testing.T) {
	const text = "cpu  480876 5881 230266 1115328 3883 7 44392 466 2 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5 6\n"
	const idle, steal = (1115328 + 3883) * tick, 466 * tick
	assert.Equal(t, MachineTime{Busy: 2*time.Hour - idle - steal, Steal: steal}, parseMachine(text, time.Hour))
	assert.Zero(t, parseMachine("", time.Hour))
	assert.Zero(t, parseMachine("cpu0 1 2 3 4 5 6 7 8 9 10", time.Hour))
	assert.NotZero(t, readMachine().Busy)
}

func TestNoisierReturnsTheOneDisturbedMore(t *testing.T) {
	quiet, noisy := &MachineUse{Other: 0.1}, &MachineUse{Other: 0.05, Steal: 0.2}
	assert.Same(t, noisy, Noisier(quiet, noisy))
	assert.Same(t, noisy, Noisier(noisy, quiet))
	assert.Same(t, quiet, Noisier(nil, quiet))
	assert.Same(t, quiet, Noisier(quiet, nil))
	assert.Nil(t, Noisier(nil, nil))
	assert.Nil(t, MachineTime{Busy: time.Second}.Use(0, 1))
}
