package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestIdleTimeIsThatOfAllProcessors(t *testing.T) {
	for line, want := range map[string]processorTime{
		"cpu  10 1 20 300 40 5 6 7 8 9":   {idle: 340, all: 389}, // a guest's time is in user already
		"cpu0 10 1 20 300 40 5 6 7 8 9":   {},
		"cpu  10 1 20 300":                {},
		"cpu  10 1 20 three 40 5 6 7 8 9": {},
		"":                                {},
	} {
		assert.Equal(t, want, parseProcessorTime(line), line)
	}
}

func TestTheIdlePartIsKnownFromTheSecondCallOn(t *testing.T) {
	idle := idleMeter()
	_, ok := idle()
	assert.False(t, ok)
	assert.Eventually(t, func() bool { // until the kernel has counted a tick
		part, ok := idle()
		return ok && part >= 0 && part <= 1
	}, 10*time.Second, 10*time.Millisecond)
}
