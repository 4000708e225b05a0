package routes

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEventStreamsSendAHeartbeatEvery15SecondsAndNotificationsEvery5(t *testing.T) {
	assert.Equal(t, []time.Duration{5 * time.Second, 15 * time.Second}, []time.Duration{notices.Period, events.Period})
}
