// Package natsbus has rooms span nodes: it is a rooms.Bus on NATS with JetStream.
//
// # What makes the order
//
// A room is a subject of one stream. What is said in a room while a batch is on its way waits, and
// then travels together: a batch has its messages' numbers in it, and is published on
// condition that it follows the last batch of the room that the node knows of
// (Nats-Expected-Last-Subject-Sequence). The stream takes one of those that several nodes publish
// at once; the others learn of it, number theirs anew, and try again. So the numbers have no
// hole, and no node owns a room, needs a lease, or must be found: whoever reaches the brokers can
// speak. The stream sends what it has taken on to the nodes that have members of the room
// (republish), the one it came from, too; members are written only what the stream has taken.
//
// A batch that was not answered is published again as it was, until its fate is known: the stream
// takes one copy at most, for both are to follow the same batch. When another batch has taken
// its place, by its number, it is certain that it was not taken. Nobody knows where the stream
// does not keep what came in between, or after ten seconds: then those who spoke are told so.
//
// An epoch begins with a batch that is number 1. The stream keeps a batch for twice the history's
// age, two minutes at least, and nodes with members of a quiet room publish a batch of no
// messages, where the last is a quarter of that old: a room that has members does not end.
//
// The stream keeps as many batches of a room as its history may have messages and announcements
// together, so that a node that opens the room can read back all of its history. Every node sets the
// stream's bounds when it connects. So the history's bounds must be the same on all nodes, and so must
// the version: one that counts announcements as messages sets a lower bound.
//
// # What it costs
//
// A message costs one round trip to the brokers, whether or not others have members of its room;
// with three brokers there is one more between them, for two of them have to have it. Its own node's
// members wait for that, too. Nodes that speak in one room at the same time cost one another
// tries: of n, each batch is sent up to n times. BENCHMARKS.md has figures.
// A room that a node has members of is one subscription; a node's first member has its history be
// read. There is no goroutine a room, and no consumer in JetStream.
//
// # What is lost on the way
//
// What the stream sends on may be lost. A node sees by the numbers that something is missing, and reads
// it; in a room that stays quiet it asks every ten seconds, more rarely where there are more than 5,000
// rooms, and at once after the connection was lost, or it has stood still. What the stream does
// not keep any more members are told as a gap.
//
// # When the network splits
//
// With three brokers, the side that has two of them goes on: its nodes speak and are heard, as
// if the others' had left. On the other side the bus is away. What had been sent and not answered
// is on one side alone, and its speakers are told its place later or that nobody knows. Everything else
// is refused at once with ErrBus, nothing is put off; members stay, hear nothing, and can read
// what their node has. Once the network is whole, nodes read what they have missed, and their
// members hear it in order, or a gap where that was more than the stream keeps. Nothing is
// merged, for only one side ever spoke; and no two messages have one number.
//
// That the bus is away a node knows when its connection breaks, or when the stream has taken nothing for
// 2.5 s, its own probe every second among it. Until then what is said waits for an answer; so
// does what is said while JetStream elects a new leader.
//
// With one broker, the same holds without an other side. Where its storage is lost, all rooms begin
// anew: their members are closed with 1012, come back and are told.
//
// # When the stream goes back
//
// JetStream acknowledges a message before it is on the disk, and syncs every two minutes. If the
// power of one broker, or of two of three, fails, the brokers may come back with an older copy of
// the stream. Then the stream gives out its sequence numbers again, and a room that went on would
// give out its own again, in the same epoch. So a room that has lost messages begins anew, with
// another epoch: its members are closed with 1012, come back, and get a gap. Rooms that have lost
// nothing go on.
//
// A node knows of each of its rooms the newest batch that the stream had: the mark. A batch is the
// same if its sequence number, its epoch, its node and its number on that node are the same. After
// each reconnect, and after each stand-still of the process, the node neither delivers nor sends in
// a room until a read has shown the mark. The periodic check reads it, too. If the mark is not
// there, or if a batch that comes contradicts it, the node asks the stream's leader
// ($JS.API.STREAM.MSG.GET), for a replica that is behind may have answered the read. If nothing is in
// the mark's position, the mark was dropped, unless the leader has an older batch of the room: the stream
// drops the oldest first. If the leader has lost the mark, the node publishes a batch that begins the
// next epoch, on condition that it follows the batch that the leader has as the room's last. Its members are sent away when the
// stream has taken that batch. So a leader that has been replaced without knowing it cannot do
// harm, and of several nodes that notice it at once one begins the next epoch, and the others enter
// it. Epochs grow with time, so that a node can tell the next epoch from an earlier one.
//
// A room that no node knows has no mark. Two things help. Each node notes the largest sequence
// number of the stream that it has seen, and compares it with that of its probes, at each reconnect
// and every ten seconds. If the stream has gone back, rooms that the node knows get a batch without
// messages, if they have lost nothing. Any other room begins anew when it is opened, unless it has
// a batch behind the place where the node noticed it.
//
// If all nodes were started anew, only clients know: a since that is ahead of the room, in its
// epoch, says that messages were lost. The node asks the leader first. Then it believes the client
// only if the epoch began before the node did, or before it noticed that the stream had gone back:
// of a later epoch the stream has lost nothing, and the client gets a gap, alone. So a client that
// lies has a room begin anew at most once per start of a node, and once each time the stream has
// gone back.
//
// What remains:
//   - Until a node that remembers, or a client with such a since, has shown the loss, a node that
//     does not know gives numbers out again in the old epoch. That epoch ends then.
//   - A node that was away while the stream dropped its mark (History.Bound() more batches, or
//     twice the History.Age) cannot tell whether the stream had gone back in between.
//   - A room that nobody knew, and that is opened at two nodes of which one notices later that the
//     stream has gone back, may begin anew twice.
//
// sync_interval: always in the broker's jetstream settings has JetStream sync before it
// acknowledges. Then a power cut loses nothing that was acknowledged. BenchmarkSyncInterval measures the cost: on a virtual
// machine with two cores, which broker and node share, 1,500 to 4,300 messages per second in one
// room, one after the other, instead of 20,000 to 28,000, and 3,800 to 6,300 in 50 rooms instead of
// 68,000 to 97,000.
//
// # The states of a room
//
// A subject is a room as one node knows it. What it knows and wants is its state, which does no
// I/O and has no clock, lock or goroutine: state.step takes an event and returns the actions that
// follow from it. The time and the randomness that it needs are part of the event. The subject
// makes the events and carries the actions out. testdata has scenarios as scripts, each with its
// events and with the states and actions that follow.
//
// A state consists of these machines.
//
// phase (state_position.go): what the node knows of the room's epoch.
//
//	unknown       Nothing. A read that shows a batch makes it known. A read that shows none makes it
//	              founding, if the room is awaited or there is something to publish.
//	founding      This node's proposal begins an epoch. It is known when the stream has taken the
//	              proposal. It is unknown when another batch took its place, or when it is given up.
//	known         The epoch, its last message and its last batch. It is unknown when the room is
//	              followed anew, when the leader shows a later epoch, and when the stream is another.
//
// trust (state_rollback.go): whether the stream still has the mark.
//
//	trusted       Nothing is against it. It is doubted when the connection is new, when the process
//	              stood still, when the room is followed anew, when a read does not show the mark, and
//	              when a batch does not fit.
//	doubted       Nothing is delivered or published. It is trusted when a read or the leader shows
//	              the mark, and when the stream keeps the mark no more. If the leader has not got the
//	              mark, a renewal is published: the proposal that begins the next epoch.
//	contradicted  As doubted, but a batch or an answer has shown that the stream lost something. So
//	              the leader is not asked for the mark's position once it has a newer batch. If
//	              a batch gives numbers again, the mark is the last batch from then on.
//
// following (state_audience.go): the room of this node.
//
//	nobody        There is none. Follow makes it awaited.
//	awaited       Follow waits. The first batch makes the room, and it is filling.
//	filling       The room gets what the stream keeps. It is open when a read has shown everything, and
//	              when this node has founded the epoch. If the epoch ends, it is awaited again.
//	open          Members are in it. When the epoch ends, they are sent away, and there is nobody.
//
// proposalState (state_proposal.go): the batch that this node publishes next.
//
//	queued        It is certain that the stream has not taken it. Its position may change.
//	sent          Its answer is awaited. It is done when the stream has taken it. It is queued when
//	              another batch took its place, and fixed when there is no answer, or a refusal.
//	fixed         The stream may have taken it. It is sent again as it was. When nobody can know
//	              whether it was taken, or after ten seconds, its speakers are told so.
//
// requestState (state_read.go, state_inquiry.go): the read of what is behind the last batch, and the
// question to the leader.
//
//	idle          Nothing is asked.
//	wanted        The sender asks next.
//	underWay      An answer is awaited. Without one, it is wanted again after a second.
//
// A room's follower may refuse a batch, because its members are too far behind. So delivering is an
// action, and what became of it is an event: state.step comes back with delivered or refused
// before anything else happens to the state.
//
// # Who is here
//
// Nodes with members of a room tell one another how many, a second after a change at most, and again
// every ten seconds. A node that has not been heard for 1.2 s is not counted; when it is heard again
// it is told and tells. Those that come and go in large rooms are told of by the one with the least
// number of those nodes. Directory asks all nodes for lists, which have a second to answer; package
// internal/query has the questions and their wire format.
//
// In a room of few members the same words have the names (rooms.Names), and a node sends one at once
// when its names change. A node that opens a room asks for the others' words before it reads the
// room's history, so it knows their names when its first member joins. Of a node that is dead the names
// are forgotten, and another node with members of a name takes it over. A node of an older version
// sends no names, and announces every connection.
//
// # The parts
//
//	Bus           a node, and rooms.Bus (bus.go, counters.go)
//	link          the connection: what comes by it, and what is sent (link.go, sender.go)
//	              and the making and probing of the stream (stream.go)
//	progress      how far this node has seen the stream come (progress.go)
//	nodes         the other nodes, by their heartbeats (nodes.go, heartbeat.go, node_status.go)
//	registry      the subjects of this node (registry.go)
//	ticks         what is due from time to time (tick.go)
//	subject       a room on this node: makes the events of its state, and carries the actions
//	              out (subject.go, receive.go, leader.go, follow.go, subject_presence.go)
//	state         what a node knows of a room and does next (state*.go, event.go, action.go)
//	presence      who is in a room, by node (presence.go, presence_wire.go)
//	Directory     reads the rooms of all nodes, and answers other nodes' questions
//	              (directory.go, directory_stream.go, queries.go)
//
// # Who calls what
//
// Everything may be called from any goroutine. Publish does not wait for the network: one goroutine, the
// sender, sends what the subjects want. What comes is handled by one goroutine per core for rooms, one for
// the stream's replies, and one each for beats and questions. The goroutine of Serve runs ticks, which look at
// everything that takes time.
// Lock order: Bus.mu, subject.mu, then the room's, sender.mu. Receipts are told with no lock held.
//
// # What it does not do
//
// It does not sign in to other brokers than its URL says, keep more than the history's bounds, or
// move anybody to another node: that is the load balancer's.
package natsbus
