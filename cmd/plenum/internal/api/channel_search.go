package api

import (
	"context"
	_ "embed"
	"net/http"
	"strings"

	"plenum/cmd/plenum/internal/answer"
	"plenum/codec/pusher"
	"plenum/rooms"
)

//go:embed channels.json
var channelsOpenAPI []byte

// describeChannels answers with the OpenAPI document of the resources for operators.
func describeChannels(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(channelsOpenAPI)
}

// list answers GET /api/channels?app=&prefix=&limit=&cursor=.
func (c *Channels) list(w http.ResponseWriter, r *http.Request) {
	query, limit, ok := paged(w, r)
	if !ok {
		return
	}
	s := channelSearch{c, query.Get("app"), query.Get("prefix")}
	if s.app != "" && c.Apps.ByID(s.app) == nil {
		noSuchApp(w, s.app)
		return
	}
	page, err := s.find(r.Context(), query.Get("cursor"), limit)
	if err != nil {
		answer.BusProblem(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, page)
}

// channelSearch finds channels by the beginning of their names. It leaves out the channels to one user, because they are the
// server's own.
type channelSearch struct {
	*Channels
	app    string // the id of the only app to search in; empty: all apps
	prefix string
}

// maxReads is the maximum number of pages that one search reads. After a read, the search has added all channels of the page, or
// skips ahead to the next rooms that can match.
const maxReads = 100

// lastByte sorts after all bytes in the ids of apps and in the names of listed channels.
const lastByte = "~"

// find returns up to limit channels after the room after, in the order of the rooms' names. If it has read maxReads pages, it
// may return fewer, with a cursor.
func (s channelSearch) find(ctx context.Context, after string, limit int) (page roomPage, err error) {
	page.Rooms = []Room{}
	if kind, err := pusher.ParseChannel(s.prefix); s.prefix != "" && (err != nil || kind.Kind == pusher.ServerToUser) {
		return page, nil // no listed name has such a beginning
	}
	if after == "" && s.app != "" {
		after = s.start(s.app)
	}
	for range maxReads {
		read, err := s.Directory.Rooms(ctx, after, limit)
		if err != nil {
			return page, err
		}
		page.Incomplete = page.Incomplete || read.Incomplete
		if after = s.take(&page, read, limit+1); len(page.Rooms) > limit {
			page.Rooms = page.Rooms[:limit]
			after = page.Rooms[limit-1].Room
			break
		}
		if after == "" {
			break
		}
	}
	page.Cursor = after
	return page, nil
}

// take adds the matching channels of read to page, until page has most of them. It returns the name after which the next read
// begins; empty after the last one.
func (s channelSearch) take(page *roomPage, read rooms.RoomPage, most int) (next string) {
	for _, info := range read.Rooms {
		found, skip := s.look(info.Room)
		if found {
			page.Rooms = append(page.Rooms, roomOf(info))
		}
		if len(page.Rooms) == most || skip > info.Room {
			return max(skip, info.Room)
		}
	}
	if !read.More {
		return ""
	}
	return read.Next
}

// look reports whether the channel of a room matches. If it does not, no later room before skip matches either.
func (s channelSearch) look(room string) (found bool, skip string) {
	app, name, _ := strings.Cut(room, "/")
	switch {
	case s.app != "" && s.app != app:
		return false, lastByte
	case s.Apps.ByID(app) == nil:
		return false, app + "/" + lastByte
	case strings.HasPrefix(name, s.prefix) && !strings.HasPrefix(name, "#"):
		return true, ""
	case room < app+"/"+s.prefix || strings.HasPrefix(name, "#"):
		return false, s.start(app)
	}
	return false, app + "/" + lastByte
}

// start returns a name that sorts directly before the matching rooms of an app, and after all rooms before them.
func (s channelSearch) start(app string) string {
	if s.prefix == "" {
		return app + "/$" // after all channels to one user, which begin with #
	}
	begin := pusher.RoomOf(app, s.prefix)
	last := len(begin) - 1
	return begin[:last] + string(begin[last]-1) + lastByte
}
