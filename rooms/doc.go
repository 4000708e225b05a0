// Package rooms fans messages out to the members of rooms. It knows no sockets: the bytes for a
// member go to a Sink.
//
// A Hub holds all rooms of a server, and Hub.Serve runs its workers. Hub.Join makes a Member a member
// of a room, Member.Publish publishes a message, Member.Leave ends the membership:
//
//	hub := rooms.New(rooms.Config{})
//	go hub.Serve(ctx)
//	err := hub.Join(&conn.member, "lobby", conn, now) // conn is a Sink
//	conn.member.Publish(body, now, nil)
//	conn.member.Leave(now)
//
// # Positions and flushes
//
// A room is a log of WebSocket frames. A message is framed once, when it is appended to the log, and
// all members are written the same bytes. The log is a list of chunks, each a single slice of bytes.
//
// A room's members are divided into segments of up to 64. The members of a segment share one
// position in the log. A flush of a segment takes the frames between this position and the end of
// the chunk. It writes them to each member with one call of Sink.WriteFrames, and then moves the
// position on. Messages that are published during a flush are appended to the log, and the next
// flush writes all of them together (group commit). So an idle room has no delay, and in a busy
// room the batches grow by themselves.
//
// # Who flushes
//
// Most messages are written by the goroutine that has received them, without a thread switch:
//
//   - A room of one segment is flushed inline: the publishing goroutine flushes it before it calls the
//     receipt. This happens only if no flush of the segment is due and the message has arrived alone
//     (see Poller), and at most once per value of the argument now, that is, once per millisecond. So a
//     flood into a small room costs its sender's poller one flush per millisecond. Inline flushes also
//     run before Serve. With a Bus, the bus's goroutine may flush a batch inline in the same way, see
//     Room.DeliverInline.
//   - All other rooms wait in a queue, which has a shard per worker. If the publisher's Sink is a Poller,
//     the room waits in the shard of this poller. The poller flushes the rooms there after its turn, when
//     it has served all clients whose bytes have arrived. So the messages of a turn share the writes.
//     After about 1,024 writes the poller serves its clients again, and then goes on.
//   - Config.Workers workers take rooms from their own shards, and if these are empty, from all others.
//     If a publish without a Poller queues a room, such as one by Hub.Publish or a Bus, one more worker
//     is woken. Such rooms go to the shards in turn. If a publish by a Poller queues a room, workers are
//     woken only if 2,048 members wait in its shard. Then one worker is awake per 2,048 members that
//     wait in all shards. So a very large room is written by all processors at once.
//
// A publish takes the same time in every room: it queues the room, and the goroutines that take the room
// from the queue look at its segments. Each of them takes up to 16 segments, and queues the room again
// for the others. So a room with more to write goes to the back of its shard, and the rooms of a shard
// share the pollers and workers fairly. No decision depends on how busy the machine is.
//
// A Sink may be the Sink of several members, in several rooms. If it is a Joiner and the messages of
// several rooms are flushed together, it is written once.
//
// With Config.WriteDelay, nothing is flushed inline or after a turn. A room's segments are queued for the
// workers when the delay is over, or when enough frames are waiting.
//
// # Slow members
//
// If a Sink takes fewer bytes than it is given, its member is behind. Such a member gets a position
// of its own, at the end of the bytes taken. No flush writes it until its Sink can take bytes again
// and calls Member.Drained. The next flush then writes the member from its own position. This
// repeats until the member has reached the position of its segment, which it then shares again.
// Nothing is copied for a member that is behind: its position keeps the chunks from there on in the
// log.
//
// A member is too far behind if more than Config.SlowLag bytes (1 MiB) of the log lie between its
// position and that of its segment. Each flush of the segment looks for such members and takes
// their positions away, unless they are exempt. Config.Gap decides the rest:
//
//   - Without Config.Gap the Sink is closed with code 1013 and reason "Too slow". Stats counts it in
//     Evictions. The owner of the Sink then calls Leave.
//   - With Config.Gap the member skips. When its Sink has drained, the hub sends it one gap message
//     with the numbers of the messages that it has missed. The member then goes on at the head of the
//     log. Stats counts these in Gaps and MissedMessages.
//
// If nothing is published, these cause a flush: a call of Drained for a member of the segment, the
// watch if a member has stalled (see Overload), and the expirer if there is a history. Without them, a
// member that is too far behind stays until the next publish.
//
// Two kinds of members are exempt:
//
//   - the spared members of an overloaded room (see Overload);
//   - members that have joined by Hub.Resume and read, or are about to read, messages that the history
//     retains anyway (see History).
//
// Publish never waits for slow members. If a segment, and not only members behind, is more than 16 MiB
// from the head of the log, the room's backlog is full. Messages are then rejected with ErrBacklog.
// Hub.Publish with a Bus does not check this.
//
// # Exclusion
//
// Config.Excluded may name one member per message that is not written the message, such as its sender. The
// message is a part of the log like any other, and all members share its bytes. The room keeps a short
// list of such frames and their members. A flush checks whether the list has a frame that it is about to
// write, with a member of its segment. For this member alone it writes around the frame: the frames before
// it and the frames after it are two writes, also in a View, and also if the member is behind. Stats counts
// that in Excluded. So an exclusion costs as much in a room of 100,000 members as in a small one.
//
// An exclusion holds for live delivery to this one Member only. A client that resumes is a new Member:
// its replay contains the message, as do gaps and Hub.Messages.
//
// # Overload
//
// A member is slow only in comparison with the others of its room. If most members cannot keep up, the
// room receives messages faster than its members can read. Closing them would cause hundreds of
// reconnects at the worst moment. So each room counts three kinds of members behind:
//
//   - full: the Sink has not taken a write whole, and the member has not caught up since;
//   - trailing: a full member that has taken bytes since, and still has not caught up;
//   - stalled: a member that has taken no byte for 5 s.
//
// A member takes bytes if its position in the log moves, or if its client acknowledges more bytes
// (see Acker). Every 500 ms the watch looks which members behind have taken bytes. It does so in rooms
// that are pressed or overloaded, and for 5 s after an overload. Members of other rooms do not become
// stalled. The watch counts the time without bytes from when it first saw the member behind, or last
// saw it take bytes. The following members are neither full nor trailing:
//
//   - a member that takes no byte for 2 s, until it takes bytes again: its silence says nothing about
//     the rate of messages;
//   - a member that reads a replay (see History): the speed of a replay says nothing about it either;
//   - a member that skips;
//   - a member that was closed as too slow, until it leaves.
//
// A room is judged by these counts after each flush, each leave and each look of the watch. Without
// a Bus it is also judged after each publish. The shares below are of all members that are not
// stalled, including the members in the last list. A room can be in two states:
//
//   - The room is pressed if more than half of the members are full. It is also pressed if a segment
//     is more than SlowLag/2 from the head of the log. Each message to a pressed room pauses its
//     publisher (see Pauser). The Sink then stops reading from its client while the room is pressed,
//     for about a second at most (1.1 s). This delays the client's leave and its messages to other
//     rooms as well.
//   - The room is overloaded if more than half of the members are trailing. Then its members are
//     spared, except stalled ones. A spared member keeps its position although it is too far behind.
//     Hub.Publish rejects messages with ErrOverloaded, and Config.Overloaded is called. For 5 s after
//     the overload the members are still spared, so that the last of them can catch up. While members
//     are spared, the room's backlog is also full if any reader is more than 16 MiB from the head.
//     Readers include stalled members, members that read a replay, and calls of Hub.Messages.
//
// Both states begin above a half of the members and end at a quarter, or for the segment's distance
// at SlowLag/4. So the states do not flap: a quarter of the members has to change first, which takes
// time. In a pressed room a client whose Sink is a Pauser publishes about once per second. So the
// members catch up and the state ends, unless they read even more slowly than that. The judgement
// does not depend on other processes: a room looks at its own members only.
//
// Sparing does not keep a connection open by itself. For example, an engine.Conn is closed if its
// client does not answer a ping in time. The ping waits behind the bytes in the socket, and one frame.
//
// With a Bus each node pauses its own clients, not those of other nodes. If the room's backlog at this
// node is full, Room.Deliver and DeliverInline return ErrBacklog, and the messages of other nodes wait
// in the bus. The bus may deliver more than SlowLag in one batch. A member whose socket is full is then
// too far behind before it can show that it still reads, and is closed or skips.
//
// # Views
//
// A member may read the log in another form, such as deflated frames or server-sent events: a View.
// The first flush that needs frames in a view renders them, once for all members with an equal
// view. The renderings are kept with the chunk. Rendering delays no publish, because it does not hold
// the room's lock. The expirer drops the renderings of chunks that no member reads. Until then,
// members that resume one after the other share them. Positions and bounds always count bytes of
// the log.
//
// # History
//
// History is the same log, kept a little longer. A chunk stays while it holds a message that
// Config.History retains; the type History has the rules. If the logs of all rooms together exceed
// History.Memory, the histories of the least recently used rooms are dropped. The frames that are
// still to be written to members count too.
//
// User messages and announcements are counted separately, so that joins and leaves do not push user
// messages out. Each node recognizes announcements by their bytes, and the log marks them with a bit of
// the index entry. Unless there is a Config.Announcer, an announcement is a message whose sender is
// codec.System, a name that no user can have. Every other message is a user message.
//
// A resuming member (Hub.Resume) is behind from the start. Its position is that of the first message
// that it has missed and that the history still retains. The replay consists of all frames that it is
// written from there on, until it shares the position of its segment. While it reads retained messages, it
// is exempt from the rule for slow members, unless all logs together exceed History.Memory. A member
// that begins at the head is exempt in the same way, because its caller may need a while before it
// calls Member.Drained.
//
// # Kept messages
//
// Config.Keeps chooses messages. The room keeps the last one of them for Config.KeepFor, even if the history
// no longer retains it, and even if the room has no members. Hub.Resume gives the kept message to a new
// member in Position.Kept, unless the member is about to read it in its replay, or has read it before. The
// position is taken at the same moment, so the member receives every message once, and in order. Hub.Kept
// returns the message to any caller. It is a copy, which counts towards History.Memory: if memory is short,
// it is dropped with the history of its room. Without a History, a message is kept only while the room has
// members.
//
// With a Bus, kept messages are not stored on the brokers. A node keeps a message that was delivered to it
// while the room was open there. If a node opens the room later, it finds the kept message only if the
// history on the bus still retains it, within History.Messages and History.Age. So if no node has members
// of the room, the message is kept only as long as the history retains it. If an epoch ends, its kept
// message is gone.
//
// # Presence
//
// A room of up to Config.AnnounceLimit members receives an announcement when the first connection
// of a name joins, and when the last one leaves. To find out, the hub compares the name with that
// of each member, with the room's lock held. This is cheap, because the room is small and each
// member is about to be written the announcement anyway. No list of names is kept. A larger room
// receives one digest per second, which counts connections, and a join compares no names. If a room
// grows past the limit or becomes small again, earlier announcements stay valid. The announcements of one
// name are made in the order of its joins and leaves, even if several connections of the name come and go
// at once.
//
// Config.Announcer may choose another way to announce for each room, see Announcing, and another form of
// the announcements. It may exclude the member that has joined from its own announcement. After joins or
// leaves, a room that announces counts does so at most once per second, and above 100 members at most once
// per five seconds. With ByName, an announcement that is rejected, for example because the bus is away, is
// lost. In the other ways the next digest or count makes up for it.
//
// Up to four announcements per second and room are published immediately. Further ones wait until the
// second is over, and for 100 to 200 ms at least, but at the latest until just before the member's first
// message. If the room has grown too large meanwhile, they go into the next digest. With a Bus, this holds
// only for members named Config.Anonymous. All other names follow the next paragraph.
//
// With a Bus, the nodes with members of a name agree on one of them, the Owner of the name (see
// Standing). It alone announces that the name has left. The others are Covered. Each node sends the
// others its Names as soon as they change. A node decides whether to announce a name when it has received
// no change of the name's standings for 100 ms. The last member of a name may leave the owning node while
// other nodes have members of that name. Then one of these nodes becomes the Owner, and nothing is
// announced. If a member publishes before the decision, its node decides at once, by the updates that it
// has received. If updates take longer than 100 ms, or a network split has separated two nodes, a name may
// be announced twice.
//
// A Sink may have an info besides its name (Informer). A page of members has the infos of its names. An
// announced join has the info, too. Prose puts it into the body, but the frame leaves it out: only members
// whose View is an ExtraRenderer receive it, see Config.Extra. The room keeps such extras beside the log,
// as long as the log has their frames.
//
// If names are announced ByName, Hub.Users returns the names with their infos, for all nodes. For this,
// Names has up to 256 KiB of infos per room and node.
//
// # Observers
//
// Config.Observer is told when a room has got its first member and when it has lost its last one. If it
// wants names, it is also told when the first connection of a name has joined and when the last one has
// left. This is independent of announcements, and a leave is reported although no member is left to receive
// an announcement. A Listener counts as a member, but its name is not reported. Neither is
// Config.Anonymous. Names are reported in rooms of up to Config.AnnounceLimit members. A name that has
// joined a larger room may be reported as left when the room is small again.
//
// The Observer is told of a join after 100 to 200 ms. It is told of a leave when the room has been without
// members, or without the name, for 3 s. A member that is back by then has not left. A member that leaves
// before its join is reported is not reported at all. So a short visit is reported as a whole or not at
// all. Nodes need the 100 ms to agree (see below). A hub without a Bus waits as long, so that its Observer
// is told the same. Until the leave is reported, a room without members stays.
//
// With a Bus, all nodes count as one: a client that comes back at another node within 3 s has not left. The
// nodes agree on the one that reports, in the same way as for announcements. If the node that is to report
// a leave dies, another node with members of the room takes over. These cases remain:
//
//   - If a node dies and no other node has members of the room, or of the name, their leaves are not
//     reported. When they come back, they may be reported as joined once more.
//   - If a node dies within half a second after a join was reported, another node may report it again.
//   - If a network split separates nodes, each side reports the joins and leaves that it knows of.
//   - If an epoch ends, its members are reported as joined once more when they reconnect.
//   - A node that stops reports all leaves at once, without the 3 s (AnnouncePending).
//
// # A room on several nodes
//
// With Config.Bus, rooms span the nodes of a cluster, that is, several servers with a Hub each. The
// brokers are the servers that store and order their messages, and the bus is the connection to
// them (package natsbus is one). The order is the same on each node. Member.Publish and Hub.Publish
// pass a message to Bus.Publish. The bus delivers it with Room.Deliver or DeliverInline on each node that
// has the room open, and only then is it appended to the log. The bus also calls the receipt, usually after
// Publish has returned.
//
// Hub.Open must precede Hub.Join and Hub.Resume. If the room is not open at this node yet, Open calls
// Bus.Follow, which may wait for the network. The bus fills the room's history, and delivers its
// messages from then on. When the bus finds that the room's epoch has ended, it calls Room.End. The
// members are then closed, and reconnect to the next epoch.
//
// # Who calls what
//
// Every method of Hub, Member and Room may be called from any goroutine, unless its comment says
// otherwise. For one Member, Join or Resume comes first and succeeds once, and Leave comes last, once.
// Calls of Publish in between may be concurrent, but see Pauser. Drained may be called at any time,
// even before Join and after Leave.
//
//	call                                   may wait for                        goroutine
//	Hub.Serve                              the end of its context              one, once
//	Hub.Open                               the network, with a Bus             any
//	Member.Drained                         two locks briefly, see its comment  any, also in WriteFrames
//	Room.Deliver, DeliverInline            locks                               the bus, one at a time per room
//	all other methods                      locks, the calls below              any; Member.Publish: see Pauser
//
// The hub makes these calls:
//
//	called                   by                                         locks held
//	Sink.WriteFrames         flushing goroutine                         none
//	Joiner's methods         flushing goroutine                         none
//	Poller.AfterTurn         publisher, caller of Drained               none, or a lock of the hub
//	Poller.Poller            publisher, caller of Drained               none, or a lock of the hub
//	Poller.InBatch           publisher                                  a lock of the hub
//	Sink.Close               flushing goroutine, caller of Kick or End  none
//	Sink.Name                any                                        none, or locks of the hub
//	Informer.Info            any                                        none, or locks of the hub
//	View.Render              flushing goroutine                         none, or a lock of the hub
//	ExtraRenderer's method   flushing goroutine                         none, or a lock of the hub
//	Viewer.View, View.From   caller of Join or Resume                   none
//	Pauser.PauseReading      caller of Member.Publish                   none
//	Pauser.ResumeReading     the watch, caller of Member.Publish        none
//	Acker.Acked              the watch                                  none
//	Receipt.Published        caller of Publish, or the bus              none
//	Config.Frame             publishing goroutine, or the bus           the room's lock
//	Config.Extra             publishing goroutine, or the bus           the room's lock
//	Config.Keeps             publishing goroutine, or the bus           the room's lock
//	Config.Gap               flushing goroutine, or the bus             none, or the room's lock
//	History.Of               goroutine that creates the room            none, or a lock of the hub
//	Announcer.Announces      goroutine that creates the room            none, or a lock of the hub
//	Announcer.Append…        any                                        none
//	Announcer.IsAnnouncement publishing goroutine, or the bus           the room's lock
//	Config.Excluded          publishing goroutine, or the bus           none
//	Chunks.Get               publisher, or the bus                      the room's lock
//	Chunks.Put               any                                        none
//	Config.Overloaded        the watch                                  none
//	Observer.Observes        any                                        the room's lock, perhaps also others
//	Observer.Observe         the hub, caller of AnnouncePending         none
//	methods of Bus           any                                        none
//	changed, see SetNode     any                                        none
//
// A flushing goroutine is a worker, a poller after its turn or, for an inline flush, the publisher or the
// bus. For one Member, WriteFrames or CollectFrames is called by one goroutine at a time. A function that is
// called with locks held must not call this package. Nor must it call a method of an engine.Conn, except for
// AfterTurn, Poller and InBatch: a Conn holds locks while it calls OnDrain, which may wait for the room's lock.
//
// # What it does not do
//
// Nothing is stored on disk. Without a Bus, a room is removed when it has no members, its history retains
// nothing, and it keeps no message. If it starts again, it has a new epoch. With a Bus, a room is removed
// from a node that has no members, no openers and no leaves left to announce. The bus keeps the room's epoch
// and its history. With an Observer, a room also stays until its leaves are reported.
//
// Clients have no timeouts here. The owner of a Sink closes a connection that no longer answers, and
// calls Leave. Members that skip stay until then.
//
// # Glossary
//
//   - announcement: a message of the server that a name has joined or left, or a digest or a count.
//   - backlog: the bytes of the log that wait for segments. While members are spared, also the bytes
//     that wait for any other reader. It is not the queue that engine.Config.MaxBacklog bounds.
//   - behind: a member is behind while it has a position of its own, or skips.
//   - bus: the connection to the brokers, the servers that order the messages of rooms that span
//     nodes. It is away while it is not connected.
//   - chunk: a piece of the log, one slice of whole frames. It is freed when it has no readers and the
//     history does not retain it.
//   - digest: an announcement of how many connections have joined and left in the last second.
//   - drained: a Sink has drained when its owner has called Member.Drained since the Sink was full.
//   - epoch: the identity of a room from its start to its end. Message numbers are per epoch.
//   - excluded: the one member that is not written a message, see Exclusion.
//   - expirer: the goroutine that drops messages that are too old, and whole histories if memory is
//     short.
//   - flush: the write of a segment's new frames to its members.
//   - full: a Sink is full if it has taken fewer bytes than it was given. For a full member see
//     Overload, for a full backlog see Slow members.
//   - gap: a message that names missing messages by their numbers.
//   - head: the end of the log, the position of a member that has been written everything.
//   - history: the messages that the log retains for members that come later.
//   - inline: a flush by the publishing goroutine, or by the bus's goroutine that has delivered the batch.
//   - kept: the last message that Config.Keeps has accepted, see Kept messages.
//   - node: one server of a cluster, with a Hub of its own.
//   - observer: the part of the program that is told which rooms have members, and their names.
//   - opener: a caller of Hub.Open that has not called close yet.
//   - overloaded, pressed: states of a room, see Overload.
//   - poller: a goroutine that reads from many clients, see Poller. A turn is one round of it through
//     the clients whose bytes have arrived.
//   - position: an offset in the log, in bytes. For clients, a position is an epoch and a number, see
//     Since.
//   - reader: a segment, a member behind or a call of Hub.Messages whose position is in a chunk.
//   - rendering: frames of a chunk in a view.
//   - replay: the writing of retained messages to a resuming member.
//   - round: one visit to each segment of a room. It flushes the segments that have frames to write.
//   - segment: up to 64 members of a room that share a position.
//   - skip: a member skips if it gives its position up and goes on at the head.
//   - spared: a member is spared if it keeps its position although it is too far behind, because most
//     of the room cannot keep up.
//   - trailing, stalled: kinds of members behind, see Overload.
//   - too far behind: more than Config.SlowLag bytes behind the segment. Unless the member is exempt,
//     it is closed or skips.
//   - user message: a message that is not an announcement.
//   - view: a form of the log's frames, such as deflated frames.
//   - watch: the goroutine that resumes paused publishers and looks for members that take no bytes.
//   - worker: a goroutine of Hub.Serve that flushes segments.
package rooms
