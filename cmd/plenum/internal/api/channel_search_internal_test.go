package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/apps"
	"plenum/rooms"
)

// sorted is a Directory that only lists rooms, which are sorted by name. It counts the reads.
type sorted struct {
	Directory
	names []string
	reads int
}

func (d *sorted) Rooms(_ context.Context, after string, limit int) (page rooms.RoomPage, err error) {
	d.reads++
	at, known := slices.BinarySearch(d.names, after)
	if known {
		at++
	}
	end := min(at+limit, len(d.names))
	for _, name := range d.names[at:end] {
		page.Rooms = append(page.Rooms, rooms.Info{Room: name})
	}
	if page.More = end < len(d.names); page.More {
		page.Next = d.names[end-1]
	}
	return page, nil
}

// all returns the names of all channels that s finds in pages of a size.
func (s channelSearch) all(t *testing.T, size int) (names []string) {
	t.Helper()
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := s.find(t.Context(), cursor, size)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.Rooms), size)
		for _, room := range page.Rooms {
			names = append(names, room.Room)
		}
		cursor = page.Cursor
	}
	return names
}

// fits reports whether find must return the channel of a room. It needs only the name of this room.
func (s channelSearch) fits(room string) bool {
	app, name, _ := strings.Cut(room, "/")
	return (s.app == "" || s.app == app) && s.Apps.ByID(app) != nil && strings.HasPrefix(name, s.prefix) && !strings.HasPrefix(name, "#")
}

func TestASearchFindsEachChannelOnce(t *testing.T) {
	t.Parallel()
	registry, d := new(apps.Registry), new(sorted)
	registry.Apply([]apps.Config{{ID: "a", Key: "1"}, {ID: "a-b", Key: "2"}, {ID: "z_", Key: "3"}})
	for _, app := range []string{"a", "a-b", "aa", "z", "z_"} { // aa and z were removed
		for _, name := range []string{",", "a", "aa", "ab", "b", "b-", "z", "zz", "zzz", "presence-a", "#server-to-user-é", "#server-to-user-b"} {
			d.names = append(d.names, app+"/"+name)
		}
	}
	slices.Sort(d.names)
	for _, app := range []string{"", "a", "a-b", "z_"} {
		for _, prefix := range []string{"", ",", "a", "b", "aa", "z", "zz", "presence-", "pz", "#", "é", "A b"} {
			s := channelSearch{&Channels{Apps: registry, Directory: d}, app, prefix}
			var want []string
			for _, name := range d.names {
				if s.fits(name) {
					want = append(want, name)
				}
			}
			for _, size := range []int{1, 2, 5, 1000} {
				assert.Equal(t, want, s.all(t, size), "app %q, prefix %q, pages of %d", app, prefix, size)
			}
		}
	}
}

func TestASearchPassesOverChannelsThatDoNotFit(t *testing.T) {
	t.Parallel()
	registry, d := new(apps.Registry), new(sorted)
	var configs []apps.Config
	for app := range 200 {
		id := fmt.Sprint(1000 + app)
		configs = append(configs, apps.Config{ID: id, Key: id})
		for name := range 100 {
			d.names = append(d.names, fmt.Sprintf("%s/a%02d", id, name), fmt.Sprintf("%s/c%02d", id, name))
		}
		d.names = append(d.names, id+"/b")
	}
	slices.Sort(d.names)
	registry.Apply(configs)
	s := channelSearch{&Channels{Apps: registry, Directory: d}, "", "b"}
	assert.Len(t, s.all(t, 100), 200)
	assert.Less(t, d.reads, 600, "two or three reads per app")
	d.reads = 0
	page, err := s.find(t.Context(), "", 100)
	require.NoError(t, err)
	assert.Less(t, len(page.Rooms), 100)
	assert.NotEmpty(t, page.Cursor)
	assert.Equal(t, maxReads, d.reads, "one request reads no more")
}
