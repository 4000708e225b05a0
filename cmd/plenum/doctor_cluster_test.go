package main

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDoctorChecksTheStreamsOfACluster(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	broker := startBroker(t, 0, t.TempDir())
	url := broker.ClientURL()
	out, status := output(t, "", "doctor", "--cluster="+url, "--cluster-streams=2")
	assert.Zero(t, status)
	assert.Contains(t, out, "\nstream PLENUM-2-0: not there yet, the first node creates it\nstream PLENUM-2-1: not there yet, the first node creates it\n")

	conn, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "PLENUM", Subjects: []string{"plenum.in.*"}, Replicas: 1})
	require.NoError(t, err)
	out, status = output(t, "PLENUM_CLUSTER="+url, "doctor", "--cluster-streams=2")
	assert.Zero(t, status)
	assert.Contains(t, out, "\nstream PLENUM: messages 0, copies 1, of another --cluster-streams, the first node deletes it\n")

	_, err = js.Publish(t.Context(), "plenum.in.YQ", nil)
	require.NoError(t, err)
	out, status = output(t, "", "doctor", "--cluster="+url, "--cluster-streams=2")
	assert.Equal(t, 1, status)
	assert.Contains(t, out, "\nstream PLENUM: messages 1, copies 1, of another --cluster-streams\n")
	out, status = output(t, "", "doctor", "--cluster="+url)
	assert.Zero(t, status)
	assert.Contains(t, out, "\nstream PLENUM: messages 1, copies 1\n")

	conn.Close()
	broker.Shutdown()
	broker.WaitForShutdown()
	_, status = output(t, "", "doctor", "--cluster="+url)
	assert.Equal(t, 1, status, "the brokers do not answer")
	_, status = output(t, "", "doctor", "--cluster=http://a")
	assert.Equal(t, 2, status)
}
