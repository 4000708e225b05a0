package natsbus

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOldBrokersMayNotFormACluster(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"2.9.10": false, "2.10.18": false, "2.10.19": true, "2.12.15": true, "2.14.0-RC.1": true, "3.0.0": true, "": false, "dev": false,
	} {
		assert.Equal(t, want, supportsCluster(version), version)
	}
}
