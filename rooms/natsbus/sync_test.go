package natsbus

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// BenchmarkSyncInterval measures the cost of sync_interval: always in a broker. Each iteration publishes one
// message in each of the rooms, and waits until all are acknowledged.
func BenchmarkSyncInterval(b *testing.B) {
	for name, always := range map[string]bool{"2m": false, "always": true} {
		for _, rooms := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/rooms=%d", name, rooms), func(b *testing.B) {
				broker, err := server.NewServer(&server.Options{
					Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: b.TempDir(), SyncAlways: always, NoLog: true, NoSigs: true,
				})
				require.NoError(b, err)
				broker.Start()
				b.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
				require.True(b, broker.ReadyForConnections(wait))
				n := startNode(b, broker.ClientURL(), someHistory)
				sent := make([]*receipt, rooms)
				for b.Loop() {
					for i := range sent {
						sent[i] = n.publish(fmt.Sprint(i), "hello")
					}
					for _, r := range sent {
						require.NoError(b, r.wait(b).err)
					}
				}
				b.ReportMetric(float64(b.N*rooms)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}
