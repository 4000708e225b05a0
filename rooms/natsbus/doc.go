// Package natsbus implements rooms.Bus on NATS with JetStream, so that one room spans several nodes. CLUSTER.md
// describes the cluster for operators.
//
// # Terms
//
//	node        one plenum server
//	broker      one NATS server
//	stream      a JetStream stream that has the messages of rooms, one subject per room; usually there is one for all
//	            rooms (Config.Streams); a room's stream is the stream below
//	bus         a node's connection to the brokers: up while it takes messages, away otherwise. Each of several streams
//	            is up or away by itself, and with it its rooms; the bus is away if all streams are
//	batch       messages of one room that are stored together; it has a sequence number in the stream
//	take        the stream takes a batch: it stores the batch and acknowledges it
//	drop        the stream drops batches that exceed its bounds, the oldest first
//	lose        the stream loses batches if the brokers return without them, with an older copy of it
//	epoch       the time in which a room numbers its messages from 1 without starting again (rooms.Epoch)
//	position    of a message: its epoch and its number in the room; of a batch: its sequence number;
//	            of a proposal (a batch that the stream may not have taken): after the batch that it is to follow
//	gap         tells members which numbers they do not receive, because the stream has dropped or lost them
//	subject     the type: a room on one node (see below); otherwise a NATS subject
//	republish   the stream sends a batch that it has taken to the nodes that have members of the room
//
// Hubs can share a Bus. Each has a Share of it, with rooms of its own: the bus's name of a room begins with the name of the
// share. The share of the native rooms has no name, as in the versions that knew one hub only.
//
// # How messages get their order
//
// All rooms share one stream, or a hash of a room's name chooses one of several. A node sends the messages of a room
// in batches. While one batch is on its way, further messages wait, and then travel together in the next one. A
// batch contains the numbers of its messages. It is published on condition that it follows the last batch of the
// room that the node knows of (Nats-Expected-Last-Subject-Sequence). If several nodes publish at once, the stream
// takes one of the batches. The other nodes receive that batch, number their own messages again and retry.
//
// So the numbers have no holes. No node owns a room, needs a lease, or has to be found: any node that reaches
// the brokers can publish. The stream republishes each batch that it has taken to all nodes with members of the
// room, the publishing node included. Members receive only messages that the stream has taken.
//
// If the publishing node has members of the room, it asks for no acknowledgement: the republished copy shows that the
// stream has taken the batch. If the stream has taken another node's batch instead, the copy of that batch shows it. If
// neither arrives within half a second, the node publishes the batch again unchanged, and asks. In these cases it asks
// at once:
//   - The node has no members of the room, so that no copy would arrive.
//   - The batch begins an epoch, or follows nothing.
//   - No batch of the room was confirmed since the node connected to the brokers.
//
// A batch whose fate is not known is published again unchanged. The stream takes at most
// one copy, because both copies are to follow the same batch. If another batch has the same first number, the
// stream has certainly not taken this one. If the stream has dropped the batches between the two, the fate stays
// unknown. Then, or after ten seconds without an answer, the publishers get rooms.ErrUnknown.
//
// An epoch begins with a batch whose first message is number 1. The stream keeps a batch for twice History.Age,
// and at least for two minutes. A node with members of a quiet room publishes a batch without messages when the
// last batch has reached a quarter of that age. So the epoch of a room with members does not end because of its age.
//
// If the stream exceeds its bytes (History.Memory), it drops batches earlier. So each node asks once per second how
// full the stream is (turnover.go). If it is more than half full, a quiet room also gets a batch without messages when its
// last one is in the older half of the stream. If the last batch is dropped nevertheless, because the traffic is too
// much, the room begins a new epoch: another node may have published a batch that was dropped too.
//
// The stream keeps as many batches per room as its history may have messages and announcements together. So a
// node that opens the room can read back the whole history. Every node sets the stream's bounds when it
// connects. Therefore the history's bounds must be the same on all nodes.
//
// The formats between nodes have a version (protocol.go), which is in each heartbeat. A node works with nodes of the
// version before, so that a cluster can be upgraded node by node. It does not join while a living node cannot work
// with it. That is so if one of the two versions does not work with the other, or if the numbers of streams differ. A
// node that has joined stays.
//
// Two nodes with different numbers of streams would not see each other's messages. If a number was used again later,
// its streams would continue their epochs. So a node also does not use its streams while the brokers have messages in
// streams of another number (other_streams.go).
//
// # A broker in this process
//
// Config.Broker is a broker in the node's own process (package datadir of the server). There are no other nodes then, so
// the bus is up as soon as the stream was found. While Broker.Full reports that nothing can be stored, the bus is away. A
// power cut ends the node together with its broker, so no node remembers the lost messages. Instead Config.LostUpTo says
// up to which sequence number messages may have been lost. The rooms behave as if the node had noticed there that the
// stream had gone back.
//
// # Costs
//
// A message costs one round trip to the brokers, even if no other node has members of its room. With three
// brokers there is one more round trip between them, because two of them have to store it. The members at the
// publisher's own node receive the message after these round trips, too. If n nodes publish in one room at the
// same time, each batch is sent up to n times. The chapter "Several nodes" of bench/results/REPORT.md has
// the figures, if they were measured.
//
// A broker receives a batch once, and sends it once to each node with members of the room. With 1,000 rooms, one node and
// 3,000 messages per second, it took 60 µs of processor time per message (plenum-bench run rooms-small, three runs of 59
// to 61). With an acknowledgement for each message it was 70 µs (five runs of 68 to 77). A message took seven to ten
// system calls of the broker: one writes to the file, the others read, write and wake. So the cost is mainly that of
// waking up. Sending less often would reduce it. In rounds of half a millisecond it was 41 and 44 µs, but the median
// delivery took 1.3 ms instead of 0.34.
//
// A node has one subscription per room that it has members of. The first member of a room at a node makes the
// node read the room's history. There is no goroutine per room, and no JetStream consumer.
//
// # Lost batches
//
// A republished batch may be lost on its way to a node. By the next batch the node notices the hole in the
// numbers. If the missing batch does not arrive within 100 ms, a tick of the room, every half second, reads it
// from the stream. In a quiet room it asks the stream for missed batches every ten seconds, or less often if
// there are more than 5,000 rooms. It also asks after each reconnect, and after the process stood still. If the
// stream does not have the messages any more, members receive a gap.
//
// # When the network splits
//
// With three brokers, the side that has two of them goes on, as if the nodes of the other side had left. On the
// other side the bus is away. A message that was sent but not answered may be stored or not. Its publisher gets
// its position later, or rooms.ErrUnknown. Every other message is refused at once with rooms.ErrBus, and nothing
// is queued. Members stay connected, receive nothing, and can read the history that their node has. When the
// network is whole again, nodes read the messages that they have missed. Their members receive them in order, or
// a gap if the stream has already dropped some. Nothing is merged, because only one side could publish. No two
// messages have the same number.
//
// For a node the bus is away when its connection breaks, or when the stream has taken nothing for 2.5 s. The
// node's own probes count: it sends one after a second in which the stream took nothing. If there is no answer,
// it sends another every half second. The time in which the process stood still does not count.
// Until the bus is away messages wait for an answer; they also wait while JetStream elects a new leader.
//
// With one broker the same holds, without another side. If the brokers lose their storage, all rooms start
// again with a new epoch. Their members are closed with 1012 and, when they reconnect, receive a gap.
//
// # When the stream goes back
//
// JetStream acknowledges a message before it is on the disk, and syncs every two minutes. If one broker, or two
// of three, lose power, the brokers may return with an older copy of the stream. Then the stream assigns
// sequence numbers a second time. A room that simply went on would assign message numbers a second time, too,
// within one epoch. So a room that has lost messages starts again with a new epoch: its members are closed with
// 1012, reconnect, and receive a gap. Rooms that have lost nothing go on.
//
// For each of its rooms a node remembers the mark: the newest batch that it knows the stream has taken. Two
// batches are the same if their sequence number, their epoch, their node and their number on that node are
// equal. After each reconnect, and after the process stood still, the node neither delivers nor publishes in a
// room until a read has shown the mark. The periodic check reads the mark, too.
//
// If a read does not show the mark, or if a new batch contradicts it, the node asks the stream's leader
// ($JS.API.STREAM.MSG.GET). The read alone proves nothing, because a replica that lags may have answered it. The
// mark's position in the stream may be empty. Then the stream has dropped the mark, unless the leader has an
// older batch of the room: the stream drops the oldest batches first.
//
// If the leader has lost the mark, the node publishes the renewal: a batch that begins the next epoch. Its
// condition is that it follows the batch that the leader has as the room's last. The room's members are closed
// only when the stream has taken the renewal. So a replaced leader that does not know it yet cannot do harm. If
// several nodes notice the loss at once, one of them begins the next epoch and the others enter it. Epochs grow
// with time, so a node can tell a later epoch from an earlier one.
//
// A room that no node knows has no mark. Two rules help. First, each node remembers the largest sequence number
// of the stream that it has seen. It compares that with the sequence number of each of its probes, so at each
// reconnect and at least every ten seconds. If the stream has gone back, a room that the node knows gets a batch
// without messages, if it has lost nothing. Any other room starts again with a new epoch when it is opened. It
// goes on only if its last batch is after the position at which the node noticed that the stream had gone back.
//
// Second, if all nodes were restarted, only clients know of the loss: a since position ahead of the room, in the
// room's epoch, shows it. The node asks the leader first. It believes the client only if the epoch began before
// the node started, or before it last noticed that the stream had gone back. The stream has lost nothing of a
// later epoch. So there that client alone receives a gap. A client that lies can make a room start again once
// per start of a node, and once each time the stream has gone back.
//
// These cases remain:
//   - A node that does not remember the lost messages assigns their numbers a second time, in the old epoch. That
//     epoch ends when a node that remembers them, or a client with such a since position, shows the loss.
//   - A node may be away while the stream drops its mark (after History.Bound() more batches, or
//     twice History.Age). It cannot tell whether the stream has gone back in between.
//   - Two nodes may notice at different times that the stream has gone back. If no node knew a room, and
//     both open it, the room may start again twice.
//
// With sync_interval: always in the broker's jetstream settings, JetStream syncs before it acknowledges. Then a
// power cut loses no acknowledged message. BenchmarkSyncInterval measures the cost, with one broker and one
// node sharing a virtual machine of two cores. One room, one message after the other, took 1,500 to 4,300
// messages per second instead of 20,000 to 28,000. In 50 rooms it was 3,800 to 6,300 instead of 68,000 to
// 97,000.
//
// # The states of a room
//
// A subject is a room on one node. Its state holds the node's knowledge of the room and the work to be done.
// The state does no I/O, and has no clock, lock or goroutine: state.step takes an event and returns the actions
// that follow from it. The time and the random numbers that it needs are part of the event. The subject makes
// the events and carries the actions out. testdata has scenarios as scripts, each with its events and the
// resulting states and actions.
//
// A state consists of these machines.
//
// phase (state_position.go): the node's knowledge of the room's epoch.
//
//	unknown       Nothing. A read that shows a batch leads to known. A read that shows none leads to
//	              founding, if the room is awaited or there is something to publish.
//	founding      This node's proposal begins an epoch. When the stream takes the proposal, the phase is
//	              known. When another batch takes its position, or it is given up, the phase is unknown.
//	known         The epoch, its last message and its last batch. The phase is unknown again when the room gets
//	              a new follower, when the leader shows a later epoch, and when the stream was replaced.
//
// trust (state_rollback.go): whether the stream still has the mark.
//
//	trusted       Nothing speaks against it. It becomes doubted after a reconnect, after the process
//	              stood still, when the room gets a new follower, when a read does not show the mark, and
//	              when a batch does not fit.
//	doubted       Nothing is delivered or published. It becomes trusted when a read or the leader shows
//	              the mark, and when the stream has dropped the mark. If the leader has lost the mark,
//	              the node publishes a renewal: the proposal that begins the next epoch.
//	contradicted  Like doubted, but a batch or an answer has shown that the stream lost something. So if the
//	              leader has a newer batch, it is not asked for the mark's position. If a batch assigns
//	              numbers a second time, the last batch becomes the mark.
//
// following (state_audience.go): the follower, which is the rooms.Room of this node that receives the batches.
//
//	noFollower    There is none. Follow makes it awaited.
//	awaited       Follow waits. The first batch creates the follower, which is then filling.
//	filling       The follower receives the history from the stream. It is open when a read has shown all of
//	              it, and when this node has founded the epoch. If the epoch ends, it is awaited again.
//	open          Members are in it. When the epoch ends they are closed, and noFollower is next.
//
// proposalState (state_proposal.go): the batch that this node publishes next.
//
//	queued        The stream has certainly not taken it. Its position may change.
//	sent          Its copy or its answer is awaited. It is finished when the stream has taken it. It is queued
//	              when another batch took its position. It is fixed if neither arrives, after a refusal, and
//	              when the follower is gone, because then no copy arrives.
//	fixed         The stream may have taken it. It is sent again unchanged. If its fate cannot be known, or
//	              after ten seconds, its publishers get rooms.ErrUnknown.
//
// requestState (state_read.go, state_inquiry.go): the read of the room's batches from the last known one on, and
// the inquiry to the leader.
//
//	idle          Nothing is asked.
//	wanted        The sender asks next.
//	underWay      An answer is awaited. Without one, it is wanted again after a second; later after two, four and eight.
//
// The goroutine that has received a batch also writes it to the members of a small room, when subject.mu is free
// (outcome.flush). It does so only if no other batch was waiting for this goroutine; otherwise the hub's workers write.
//
// The follower may refuse a batch because its members are too far behind. So delivering is an action, and its
// result is an event: the subject calls state.step with evDelivered or evRefused before any other event.
//
// # Presence
//
// Nodes with members of a room tell each other their numbers of members: at most a second after a change, and again
// every ten seconds. A node that has sent no heartbeat for 1.2 s is not counted. When its heartbeats return,
// the nodes exchange their reports again. In a large room, joins and leaves are announced by the node with the
// smallest number among those with members. Directory asks all nodes for lists, and each has a second to
// answer; package internal/query has the questions and their wire format.
//
// In a room with few members the same reports contain the members' names and infos (rooms.Names). Then a node sends a
// report as soon as they change. A node that opens a room asks for the others' reports before it reads the room's history.
// So it mostly knows their names when its first member joins. If members list the users (Room.ListsUsers), it
// also asks all nodes in the way of Directory. The room is open when they have answered, or after a second.
// A node that has just become up knows the others only after one interval of heartbeats. It asks after that.
// When a node is dead its names are forgotten, and another node with a member of the same name becomes its
// rooms.Owner. A node of an older version sends no names, and announces every connection.
//
// # Files
//
//	Bus           a node (bus.go, counters.go)
//	Share         rooms.Bus, for one hub (share.go)
//	Examine       asks the brokers for their streams (examine.go)
//	up            which streams take messages (up.go)
//	link          the connection: subscriptions and sending (link.go, sender.go),
//	              and creating and probing the streams (stream.go, other_streams.go)
//	stream        a stream: its names and its progress (streams.go)
//	progress      the largest sequence number of a stream that this node has seen (progress.go), and
//	              how full it is (turnover.go)
//	nodes         the other nodes, by their heartbeats (nodes.go, heartbeat.go, node_status.go)
//	protocol      the versions and settings that nodes have to agree on (protocol.go, admission.go)
//	registry      the subjects of this node (registry.go)
//	ticks         periodic work (tick.go)
//	subject       a room on this node: makes the events of its state, and carries the actions
//	              out (subject.go, receive.go, leader.go, follow.go, subject_presence.go)
//	state         a room's known position, and the work to be done (state*.go, event.go, action.go)
//	presence      the members of a room, by node (presence.go, presence_wire.go)
//	Directory     reads the rooms of all nodes, and answers other nodes' questions
//	              (directory.go, directory_stream.go, queries.go)
//
// # Goroutines and locks
//
// Every function may be called from any goroutine. Share.Publish does not wait for the network: one goroutine, the
// sender, sends everything that the subjects want to send. Incoming messages are handled by one goroutine per
// core for rooms, one for the stream's replies, one for heartbeats and one for questions. The goroutine of
// Serve runs ticks, which does all periodic work.
//
// Lock order: Bus.mu, subject.mu, then the room's lock, then sender.mu. Bus.changing is held with no other lock. Receipts
// are called with no lock held.
//
// # Limits
//
// The package signs in with the credentials in its URL only. It keeps no more than the history's bounds. It
// does not move clients to another node: that is the load balancer's task.
package natsbus
