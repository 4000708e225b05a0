package main

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnAddressInUseNamesTheSettingsThatChooseAnother(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	taken := ln.Addr().String()
	env := func(string) (string, bool) { return "", false }
	for name, args := range map[string][]string{
		"listen": {"--listen=" + taken, "--admin="},
		"admin":  {"--listen=127.0.0.1:0", "--admin=" + taken},
	} {
		err := run(t.Context(), nil, args, env, &lockedBuffer{}, &lockedBuffer{})
		require.ErrorIs(t, err, syscall.EADDRINUSE)
		assert.Equal(t, fmt.Sprintf("--%s: listen tcp %s: bind: address already in use; choose another address with --%s or PLENUM_%s", name, taken, name, strings.ToUpper(name)), err.Error())
	}
}
