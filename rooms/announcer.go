package rooms

import (
	"fmt"

	"plenum/codec"
)

// Announcer decides how the joins and leaves of a room are announced, and encodes the announcements. See Presence in the
// package comment.
type Announcer interface {
	// Announces returns how the joins and leaves of a room are announced. It is called when the room starts, with locks
	// held, so it must not wait and must not call this package.
	Announces(room string) Announcing
	// AppendAnnouncement appends the body of an announcement, the argument for Config.Frame, to dst. It is called with no
	// lock held. If it appends nothing, the announcement is not published, and counts as rejected.
	AppendAnnouncement(dst []byte, a Announcement) []byte
	// IsAnnouncement reports whether body, the body of any message, was made by AppendAnnouncement, at this or another node.
	// It is called with the room's lock held.
	IsAnnouncement(body []byte) bool
}

// Announcing is a way to announce joins and leaves.
type Announcing uint8

// The ways to announce joins and leaves. Config.AnnounceLimit bounds the rooms that announce names.
const (
	Silently       Announcing = iota // nothing is announced
	ByName                           // the joins and leaves of names; nothing is announced in rooms above the limit
	ByNameOrDigest                   // the joins and leaves of names; rooms above the limit receive digests
	AsCounts                         // the number of members, Listeners included, in rooms of every size
)

// names reports whether names are announced.
func (w Announcing) names() bool { return w == ByName || w == ByNameOrDigest }

// counts reports whether joins and leaves are collected in digests, or counts.
func (w Announcing) counts() bool { return w == ByNameOrDigest || w == AsCounts }

// Announcement is the content of an announcement.
type Announcement struct {
	Kind AnnouncementKind
	Room string
	Now  int64 // Unix milliseconds

	Name string // of the member that has joined or left; empty in a digest
	Info string // of the member that has joined, if its Sink is an Informer
	// Sink is the Sink of the member whose join is announced. It is nil if a leave is announced, and in a digest. It may be
	// nil if the member has left meanwhile. An Announcer may exclude this member from the announcement, see Config.Excluded.
	Sink Sink

	Joins, Leaves, Members int // since the last digest, and members now, on all nodes; 0 unless this is a digest
}

// AnnouncementKind is a kind of announcement.
type AnnouncementKind uint8

// The kinds of announcements.
const (
	NameJoined AnnouncementKind = iota // the first connection of a name has joined
	NameLeft                           // the last connection of a name has left
	Digest                             // how many connections have joined and left, and how many members there are
)

// A room of more than manyCounted members that announces counts does so at most once per countEvery.
const (
	manyCounted = 100
	countEvery  = 5000 // milliseconds
)

// Prose is the default of Config.Announcer: a sentence by codec.System, such as "Alex joined the room".
type Prose struct{}

// Announces implements Announcer.
func (Prose) Announces(string) Announcing { return ByNameOrDigest }

// IsAnnouncement implements Announcer.
func (Prose) IsAnnouncement(body []byte) bool { return codec.IsAnnouncement(body) }

// AppendAnnouncement implements Announcer.
func (Prose) AppendAnnouncement(dst []byte, a Announcement) []byte {
	body, err := codec.Encode(codec.Message{Sender: codec.System, Text: a.prose(), Room: a.Room, Timestamp: a.Now})
	if err != nil {
		return dst
	}
	defer body.Free()
	return codec.AppendInfo(dst, body.Bytes(), a.Info)
}

// prose returns the text of the announcement.
func (a *Announcement) prose() string {
	switch a.Kind {
	case NameJoined:
		return a.Name + codec.JoinedText
	case NameLeft:
		return a.Name + codec.LeftText
	}
	return fmt.Sprintf(codec.DigestText, a.Joins, a.Leaves, a.Members)
}
