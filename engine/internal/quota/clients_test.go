package quota

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnAddressIsCountedForItsClient(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::",
		"[fe80::1%lo]:80": "fe80::", "@": "invalid IP",
	} {
		assert.Equal(t, want, clientOf(address).String(), address)
	}
}
