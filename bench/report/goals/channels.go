package goals

import "plenum/bench/report/results"

// channelsGoals compare clients of the Pusher Channels protocol with native ones.
var channelsGoals = []goal{
	channelsCPU("fan-hot-1000"), channelsLossless("fan-hot-1000"),
	channelsCPU("fan-large"), channelsLossless("fan-large"),
	channelsCPU("rooms-small"), channelsLossless("rooms-small"),
	onChannels(comparedOf(results.Key{Entry: "idle", Target: results.Channels}, "Pusher Channels clients: memory per connection at most 1.3 x that of native ones",
		results.IdleBytes, 1.3, results.In("idle", results.Plenum))),
}

// channelsCPU is the goal on the processor time in an entry.
func channelsCPU(entry string) goal {
	return onChannels(comparedOf(results.Key{Entry: entry, Target: results.Channels}, "Pusher Channels clients: CPU per delivery at most 1.1 x that of native ones",
		results.DeliveryCPU, 1.1, results.In(entry, results.Plenum)))
}

func channelsLossless(entry string) goal {
	return onChannels(losslessOf(results.Key{Entry: entry, Target: results.Channels}, "Pusher Channels clients: nothing lost"))
}

// onChannels makes a goal use the results of channels.
func onChannels(b goal) goal {
	judge := b.judge
	b.judge = func(d *results.Data) outcome { return judge(d.Channels) }
	return b
}

// shown returns the goals to show. Those of channels are left out if channels were not measured.
func shown(d *results.Data) []goal {
	if len(d.Channels.Used()) == 0 {
		return goals
	}
	return append(goals[:len(goals):len(goals)], channelsGoals...)
}
