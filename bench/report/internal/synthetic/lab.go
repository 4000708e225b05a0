package synthetic

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Millions is output of scripts/lab.sh that meets all goals.
const Millions = `$ scripts/lab.sh --connections 2200000 --hold 600 --messages 1
server           plenum serve --max-conns 2201000 --ping-period 15s
held             for 600 s
connections      2200000 of 2200000
pings            1871989
server RSS       18.3 MiB before, 1020.6 MiB with idle connections
memory           466 bytes per idle connection
after messages   1020.7 MiB, 467 bytes per connection
plenum_connections 2.2e+06
plenum_refused_total{reason="full"} 0
ended            0
deliveries       2200000 of 2200000, 0 members missed some
room numbers     0 lost, 0 duplicated, 0 out of order, 0 without a number
`

// LabFolder returns a folder of results with this output of scripts/lab.sh.
func LabFolder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lab.txt"), []byte(text), 0o644))
	return dir
}
