package settings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func assertRefused(t *testing.T, want string, err error) {
	t.Helper()
	var refused *Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, want, refused.Error())
	assert.Equal(t, 2, refused.ExitCode())
}

func TestInvalidFlagsAreRefused(t *testing.T) {
	const address = "host:port with a port from 0 to 65535"
	cases := []struct{ arg, want string }{
		{"--listen=", `--listen: must be ` + address + `, got ""`},
		{"--listen=localhost", `--listen: must be ` + address + `, got "localhost"`},
		{"--listen=:65536", `--listen: must be ` + address + `, got ":65536"`},
		{"--listen=:http", `--listen: must be ` + address + `, got ":http"`},
		{"--listen=::1:80", `--listen: must be ` + address + `, got "::1:80"`},
		{"--admin=9090", `--admin: must be empty or ` + address + `, got "9090"`},
		{"--admin=127.0.0.1:8080", `--admin: must be another address than --listen, got "127.0.0.1:8080"`},
		{"--origins=*,a.example", `--origins: must be * or like https://chat.example.org, got "a.example"`},
		{"--origins=https://a.example/", `--origins: must be * or like https://chat.example.org, got "https://a.example/"`},
		{"--origins=https://münchen.example", `--origins: must be * or like https://chat.example.org, got "https://münchen.example"`},
		{"--origins=https://*.example", `--origins: must be * or like https://chat.example.org, got "https://*.example"`},
		{"--origins=https://a.example:65536", `--origins: must be * or like https://chat.example.org, got "https://a.example:65536"`},
		{"--origins=,*", `--origins: must be * or like https://chat.example.org, got ""`},
		{"--hosts=,h", `--hosts: must be a name or address without a port, like chat.test, got ""`},
		{"--hosts=h:8080", `--hosts: must be a name or address without a port, like chat.test, got "h:8080"`},
		{"--hosts=h:", `--hosts: must be a name or address without a port, like chat.test, got "h:"`},
		{"--hosts=http://h", `--hosts: must be a name or address without a port, like chat.test, got "http://h"`},
		{"--hosts=h/p", `--hosts: must be a name or address without a port, like chat.test, got "h/p"`},
		{"--hosts=*.h", `--hosts: must be a name or address without a port, like chat.test, got "*.h"`},
		{"--hosts=::1", `--hosts: must be a name or address without a port, like chat.test, got "::1"`},
		{"--hosts=münchen.test", `--hosts: must be a name or address without a port, like chat.test, got "münchen.test"`},
		{"--idle-timeout=0s", `--idle-timeout: must be more than 0s, got 0s`},
		{"--ping-period=-1s", `--ping-period: must be 0s (off) or more, got -1s`},
		{"--ping-period=5", `--ping-period: expected duration but got "5": time: missing unit in duration "5"`},
		{"--ping-timeout=-1s", `--ping-timeout: must be 0s or more, got -1s`},
		{"--ping-timeout=0s", `--ping-timeout: must be more than 0s while --ping-period is on, got 0s`},
		{"--compression=yes", `--compression: must be off or on, got "yes"`},
		{"--compression-min=0B", `--compression-min: must be 1B or more, got 0B`},
		{"--handshake-timeout=0s", `--handshake-timeout: must be more than 0s, got 0s`},
		{"--handshake-timeout=-1s", `--handshake-timeout: must be more than 0s, got -1s`},
		{"--max-message=3B", `--max-message: must be between 125B and 1GiB, got 3B`},
		{"--max-message=124", `--max-message: must be between 125B and 1GiB, got 124B`},
		{"--max-message=2GiB", `--max-message: must be between 125B and 1GiB, got 2GiB`},
		{"--max-message=-1KiB", `--max-message: must be between 125B and 1GiB, got -1KiB`},
		{"--max-message=big", `--max-message: expected a size such as 64KiB but got "big"`},
		{"--admin=0.0.0.0:9090", `--admin: must be a loopback address unless --admin-remote is on, got "0.0.0.0:9090"`},
		{"--admin=:9090", `--admin: must be a loopback address unless --admin-remote is on, got ":9090"`},
		{"--max-conns-per-ip=-1", `--max-conns-per-ip: must be 0 (no limit) or more, got -1`},
		{"--data-sync=-1s", `--data-sync: must be between 0s (before each answer) and 1h, got -1s`},
		{"--data-sync=2h", `--data-sync: must be between 0s (before each answer) and 1h, got 2h0m0s`},
		{"--data=", `--data: must not be empty; leave it out instead`},
		{"--max-rooms=-1", `--max-rooms: must be 0 (no limit) or more, got -1`},
		{"--max-rooms-per-conn=0", `--max-rooms-per-conn: must be between 1 and 65536, got 0`},
		{"--history-messages=-1", `--history-messages: must be between 0 (none) and 1000000, got -1`},
		{"--history-announcements=0", `--history-announcements: must be between 1 and 1000000, got 0`},
		{"--history-age=200h", `--history-age: must be 0s to 168h, in whole seconds, got 200h0m0s`},
		{"--history-age=1500ms", `--history-age: must be 0s to 168h, in whole seconds, got 1.5s`},
		{"--history-memory=-1B", `--history-memory: must be 0B (no history) or more, got -1B`},
		{"--accept-rate=-1", `--accept-rate: must be 0 (no limit) or more, got -1`},
		{"--rate-messages=-1", `--rate-messages: must be 0 (no limit) or more, got -1`},
		{"--rate-bytes=-1B", `--rate-bytes: must be between 0B (no limit) and 1GiB, got -1B`},
		{"--drain-delay=-1s", `--drain-delay: must be 0s or more, got -1s`},
		{"--drain-window=-1s", `--drain-window: must be 0s or more, got -1s`},
		{"--memory-limit=1MiB", `--memory-limit: must be auto, 0 (no limit), or 32MiB or more, got 1MiB`},
		{"--memory-limit=-1", `--memory-limit: must be auto, 0 (no limit), or 32MiB or more, got -1B`},
		{"--memory-limit=much", `--memory-limit: expected a size such as 64KiB but got "much"`},
		{"--slow-policy=drop", `--slow-policy: must be close or skip, got "drop"`},
		{"--slow-lag=1023B", `--slow-lag: must be between 1KiB and 1GiB, got 1023B`},
		{"--slow-lag=2GiB", `--slow-lag: must be between 1KiB and 1GiB, got 2GiB`},
		{"--write-delay=-1ms", `--write-delay: must be between 0s (none) and 1s, got -1ms`},
		{"--write-delay=2s", `--write-delay: must be between 0s (none) and 1s, got 2s`},
		{"--max-conns=-1", `--max-conns: must be 0 (the descriptor limit) or more, got -1`},
		{"--max-conns=many", `--max-conns: expected a valid 64 bit int but got "many"`},
		{"--announce-limit=-2", `--announce-limit: must be -1 (no announcements), 0 (digests only) or more, got -2`},
		{"--cluster-streams=0", `--cluster-streams: must be between 1 and 64, got 0`},
		{"--cluster-streams=65", `--cluster-streams: must be between 1 and 64, got 65`},
		{"--pollers=-1", `--pollers: must be between 0 (one per processor) and 1024, got -1`},
		{"--pollers=1025", `--pollers: must be between 0 (one per processor) and 1024, got 1025`},
		{"--log-level=loud", `--log-level: must be debug, info, warn or error, got "loud"`},
		{"--log-format=xml", `--log-format: must be text or json, got "xml"`},
		{"--demo-routes=maybe", `--demo-routes: bool value must be true, 1, yes, false, 0 or no but got "maybe"`},
		{"--jwt-secret=", `--jwt-secret: must not be empty; leave it out instead`},
		{"--jwt-secret=0123456789abcdef0123456789abcde", `--jwt-secret: must be 32 bytes or more, got 31`},
		{"--jwt-secret", `--jwt-secret: expected a value; write --jwt-secret=VALUE if it begins with a dash`},
		{"--jwt-secret-file=", `--jwt-secret-file: must not be empty; leave it out instead`},
		{"--jwt-secret-file=absent", `--jwt-secret-file: open absent: no such file or directory`},
		{"--jwt-secret-file=testdata", `--jwt-secret-file: read testdata: is a directory`},
		{"--jwt-jwks=", `--jwt-jwks: must not be empty; leave it out instead`},
		{"--jwt-jwks=absent.json", `--jwt-jwks: open absent.json: no such file or directory`},
		{"--jwt-jwks=testdata/no_keys.json", `--jwt-jwks: testdata/no_keys.json: none of the 0 keys is for RS256, ES256 or EdDSA signatures`},
		{"--jwt-jwks=testdata/plenum.yaml", `--jwt-jwks: testdata/plenum.yaml: not a key set: invalid character '#' looking for beginning of value`},
		{"--jwt-audience=", `--jwt-audience: must not be empty; leave it out instead`},
		{"--jwt-audience=a", `--jwt-audience: must be left out without --jwt-secret, --jwt-secret-file or --jwt-jwks, got "a"`},
		{"--jwt-issuer=", `--jwt-issuer: must not be empty; leave it out instead`},
		{"--jwt-issuer=a", `--jwt-issuer: must be left out without --jwt-secret, --jwt-secret-file or --jwt-jwks, got "a"`},
		{"--config=absent.yaml", `--config: open absent.yaml: no such file or directory`},
		{"--config=testdata", `--config: read testdata: is a directory`},
		{"--listen", `--listen: expected string value but got nothing`},
		{"--lisen", `unknown flag --lisen, did you mean "--listen"?`},
		{"--two\nlines", `unknown flag --two lines`},
		{"dance", `unexpected argument dance`},
	}
	for _, tc := range cases {
		t.Run(tc.arg, func(t *testing.T) {
			_, err := parse(nil, tc.arg)
			assertRefused(t, tc.want, err)
		})
	}
}

func TestInvalidPairsOfArgumentsAreRefused(t *testing.T) {
	_, err := parse(nil, "--listen=:1", "version")
	assertRefused(t, `flag --listen applies to the default command "serve", not "version"`, err)
	_, err = parse(nil, "--announce-limit", "-1")
	assertRefused(t, `--announce-limit: expected int value but got "-1" (short flag); perhaps try --announce-limit="-1"?`, err)
}

func TestInvalidNumbersOfConnectionsAreRefusedByDoctor(t *testing.T) {
	for _, n := range []string{"-1", "1000000001"} {
		_, err := parse(nil, "doctor", "--connections="+n)
		assertRefused(t, "--connections: must be between 0 (as many as the memory holds) and 1000000000, got "+n, err)
	}
}

func TestValuesAtTheLimitsAreAccepted(t *testing.T) {
	for _, args := range [][]string{
		{"--max-message=125B"}, {"--max-message=1GiB"}, {"--slow-lag=1KiB"}, {"--slow-lag=1GiB"}, {"--write-delay=0s"}, {"--write-delay=1s"},
		{"--announce-limit=-1"}, {"--announce-limit=0"}, {"--pollers=1024"}, {"--cluster-streams=64"}, {"--admin="},
		{"--ping-period=0s", "--ping-timeout=0s"}, {"--listen=:0", "--admin=:0", "--admin-remote"},
		{"--admin=localhost:9090"}, {"--admin=LOCALHOST:9090"}, {"--hosts=Chat.Test,chat.test.,[fd00::1],10.0.0.1"}, {"--admin=[::1]:9090"}, {"--memory-limit=auto"}, {"--memory-limit=0"}, {"--memory-limit=32MiB"}, {"--rate-bytes=1GiB"},
		{"--drain-delay=1m", "--drain-window=0s"}, {"--listen=[::1]:65535"},
		{"--origins=*"}, {"--origins=https://a.example:8443", "--origins=capacitor://localhost"},
		{"--origins=https://a.example:443,http://a.example:80,https://A.example,http://[::1]:80"},
	} {
		_, err := parse(nil, args...)
		assert.NoError(t, err, args)
	}
}

func TestAnErrorNamesTheInvalidVariable(t *testing.T) {
	cases := []struct{ name, value, want string }{
		{"PLENUM_MAX_MESSAGE", "3B", `--max-message: must be between 125B and 1GiB, got 3B (env PLENUM_MAX_MESSAGE)`},
		{"PLENUM_MAX_CONNS", "", `--max-conns: expected a valid 64 bit int but got "" (env PLENUM_MAX_CONNS)`},
		{"PLENUM_ADMIN", "127.0.0.1:8080", `--admin: must be another address than --listen, got "127.0.0.1:8080" (env PLENUM_ADMIN)`},
		{"PLENUM_JWT_SECRET", "", `--jwt-secret: must not be empty; leave it out instead (env PLENUM_JWT_SECRET)`},
		{"PLENUM_JWT_SECRET_FILE", "absent", `--jwt-secret-file: open absent: no such file or directory (env PLENUM_JWT_SECRET_FILE)`},
		{"PLENUM_JWT_JWKS", "absent.json", `--jwt-jwks: open absent.json: no such file or directory (env PLENUM_JWT_JWKS)`},
		{"PLENUM_CONFIG", "absent.yaml", `--config: open absent.yaml: no such file or directory (env PLENUM_CONFIG)`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parse(environ{tc.name: tc.value})
			assertRefused(t, tc.want, err)
		})
	}
}

func TestAFlagHidesAnInvalidVariable(t *testing.T) {
	c, err := parse(environ{"PLENUM_MAX_CONNS": "many"}, "--max-conns=5")
	require.NoError(t, err)
	assert.Equal(t, 5, c.Serve.MaxConns)
}

func TestTheDirectoryOfOneNodeHasOneStream(t *testing.T) {
	_, err := parse(nil, "--data=d", "--cluster-streams=2")
	assertRefused(t, `--cluster-streams: must be 1 with --data, got 2`, err)
}
