package report

// channelsGoals compare clients of the Pusher Channels protocol with native ones.
var channelsGoals = []goal{
	channelsCPU("fan-hot-1000"), channelsLossless("fan-hot-1000"),
	channelsCPU("fan-large"), channelsLossless("fan-large"),
	channelsCPU("rooms-small"), channelsLossless("rooms-small"),
	onChannels(comparedOf(key{"idle", channels}, "Pusher Channels clients: memory per connection at most 1.3 x that of native ones",
		idleBytes, 1.3, in("idle", plenum))),
}

// channelsCPU is the goal on the processor time in an entry.
func channelsCPU(entry string) goal {
	return onChannels(comparedOf(key{entry, channels}, "Pusher Channels clients: CPU per delivery at most 1.1 x that of native ones",
		deliveryCPU, 1.1, in(entry, plenum)))
}

func channelsLossless(entry string) goal {
	return onChannels(losslessOf(key{entry, channels}, "Pusher Channels clients: nothing lost"))
}

// onChannels makes a goal use the results of channels.
func onChannels(b goal) goal {
	judge := b.judge
	b.judge = func(d *data) outcome { return judge(d.channels) }
	return b
}

// goals returns the goals to show. Those of channels are left out if channels were not measured.
func (d *data) goals() []goal {
	if len(d.channels.used()) == 0 {
		return goals
	}
	return append(goals[:len(goals):len(goals)], channelsGoals...)
}
