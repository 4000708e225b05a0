package settings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvalidFilesAreRefused(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"unknown key", "listen: :1\nmax-con: 5\n", `--config: plenum.yaml: line 2: unknown key "max-con"`},
		{"about the file", "config: other.yaml\n", `--config: plenum.yaml: line 1: unknown key "config"`},
		{"about the settings", "print-config: true\n", `--config: plenum.yaml: line 1: unknown key "print-config"`},
		{"the help", "help: true\n", `--config: plenum.yaml: line 1: unknown key "help"`},
		{"key twice", "pollers: 1\npollers: 2\n", `--config: plenum.yaml: line 2: key "pollers" is given twice`},
		{"no value", "admin:\n", `--config: plenum.yaml: line 1: key "admin": has no value; write "" for an empty value`},
		{"nested", "listen: {port: 1}\n", `--config: plenum.yaml: line 1: key "listen": must be a value or a list of values`},
		{"list of lists", "origins: [[a]]\n", `--config: plenum.yaml: line 1: key "origins": must be a value or a list of values`},
		{"not a mapping", "- listen\n", "--config: plenum.yaml: line 1: expected `key: value`"},
		{"two documents", "pollers: 1\n---\npollers: 2\n", `--config: plenum.yaml: more than one document`},
		{"malformed", "listen: [\n", `--config: plenum.yaml: line 1: did not find expected node content`},
		{"an alias to nothing", "jwt-secret: *abc\n", `--config: plenum.yaml: a value that begins with * needs quotes`},
		{"list for one value", "listen: [a, b]\n", `--listen: must be one value, got a list (file plenum.yaml)`},
		{"unparsable", "ping-period: 15\n", `--ping-period: expected duration but got "15": time: missing unit in duration "15" (file plenum.yaml)`},
		{"impossible", "max-message: 3B\n", `--max-message: must be between 125B and 1GiB, got 3B (file plenum.yaml)`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			inFile(t, tc.yaml)
			_, err := parse(nil, "--config", "plenum.yaml")
			assertRefused(t, tc.want, err)
		})
	}
}

func TestAListIsAYAMLListOrATextWithCommas(t *testing.T) {
	for _, yaml := range []string{
		"origins: [https://a.example, https://b.example]\n",
		"origins:\n  - https://a.example\n  - https://b.example\n",
		"origins: https://a.example,https://b.example\n",
	} {
		inFile(t, yaml)
		c, err := parse(nil, "--config=plenum.yaml")
		require.NoError(t, err, yaml)
		assert.Equal(t, []string{"https://a.example", "https://b.example"}, c.Serve.Origins, yaml)
	}
}

func TestAListOnTheCommandLineReplacesThatOfTheFile(t *testing.T) {
	inFile(t, "origins: [https://a.example]\n")
	c, err := parse(nil, "--config=plenum.yaml", "--origins=https://b.example", "--origins=https://c.example")
	require.NoError(t, err)
	assert.Equal(t, []string{"https://b.example", "https://c.example"}, c.Serve.Origins)
}

func TestAFileMayBeEmpty(t *testing.T) {
	for _, yaml := range []string{"", "# nothing yet\n", "---\n", "---\n# nothing yet\n", "{}\n"} {
		inFile(t, yaml)
		c, err := parse(nil, "--config=plenum.yaml")
		require.NoError(t, err, yaml)
		c.Serve.Config = ""
		assert.Equal(t, defaults, c.Serve, yaml)
	}
}

func TestAFlagHidesAnInvalidValueOfTheFile(t *testing.T) {
	inFile(t, "max-message: 3B\nping-period: soon\n")
	_, err := parse(nil, "--config=plenum.yaml", "--max-message=1MiB", "--ping-period=1s")
	assert.NoError(t, err)
}
