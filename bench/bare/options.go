package bare

import (
	"fmt"
	"time"

	"plenum/bench/latency"
	"plenum/bench/message"
)

// maxPayload leaves room in a frame of at most 65,535 bytes for the message around the text. The client
// reads no longer frames.
const maxPayload = 60_000

// Options describe a run. The struct tags define the flags of the command line (package
// kong). All connections are in one room, and the first one sends.
type Options struct {
	URL         string        `default:"${url}" help:"URL of each connection, with a host name or an IPv4 address. {room} and {user} are replaced."`
	Connections int           `default:"1000" help:"Connections to open as fast as possible, 1 or more."`
	Dialers     int           `default:"64" help:"Number of connections opened at the same time, 1 or more."`
	Rate        float64       `default:"200" help:"Messages per second, 0 (none) or more."`
	Payload     int           `default:"128" help:"Size of each message's text in bytes, 20 to 60000."`
	Warmup      time.Duration `default:"2s" help:"Time under the same load before the measurement, 0s or more. Its latencies are not recorded."`
	Duration    time.Duration `default:"10s" help:"Time to measure, 0s or more."`
}

// Figures are the figures of one run.
type Figures struct {
	Upgrades  float64              `json:"upgrades_per_second"`
	Sent      int                  `json:"sent"`                  // messages
	Delivered int                  `json:"delivered"`             // messages, at all connections together
	Delivery  *latency.Percentiles `json:"delivery_ms,omitempty"` // from when the message was due
}

// Validate returns an error if the options cannot be run.
func (o Options) Validate() error {
	if o.Connections < 1 || o.Dialers < 1 || o.Rate < 0 || o.Payload < message.ShortHeadSize || o.Warmup < 0 || o.Duration < 0 {
		return fmt.Errorf("bare: --connections and --dialers must be 1 or more, --payload %d or more, and nothing below 0", message.ShortHeadSize)
	}
	if o.Payload > maxPayload {
		return fmt.Errorf("bare: --payload must be %d or less, because this client reads no longer frames", maxPayload)
	}
	return nil
}
