// What the page shows: the native rooms, or the channels of apps. The resources of both have the same form. A channel is a
// room, which is named by the id of its app, a slash, and the name of the channel.
import { found, path, request } from './request.js';

const page = 100; // rooms per request

// read requests pages of rooms from cursor on, until there are n rooms that fit. It stops after a page with others.
async function read(query, cursor, n, fits) {
  const rooms = [];
  do {
    const next = await request(`${query}limit=${page}&cursor=${encodeURIComponent(cursor)}`);
    const fitting = next.rooms.filter(fits);
    rooms.push(...fitting);
    cursor = fitting.length < next.rooms.length ? '' : next.cursor;
  } while (cursor !== '' && rooms.length < n);
  return { rooms: rooms.slice(0, n), more: cursor !== '' || rooms.length > n };
}

const native = {
  kind: 'rooms', room: 'room', member: 'member', message: 'message',
  nobody: 'Nobody is in the room.',
  head: 'operator', // the sender at first
  noApp: false,

  path: (name, ...parts) => path('rooms', name, ...parts),

  // shown returns how a name is shown, in one or two parts.
  shown: (name) => [name],

  // search returns up to n rooms whose names begin with prefix, and whether there are more. The server lists the rooms after
  // a name, in the order of their bytes, so the room with this very name is requested by itself.
  async search(prefix, n) {
    const exact = prefix === '' ? undefined : await found(this.path(prefix));
    const { rooms, more } = await read('/api/rooms?', prefix, n, ({ room }) => room.startsWith(prefix));
    return exact ? { rooms: [exact, ...rooms].slice(0, n), more: more || rooms.length === n } : { rooms, more };
  },

  // names reports whether the members of a room are known by name.
  names: () => true,

  body: (sender, text) => ({ sender, text }),

  // parts returns what is shown of a message.
  parts({ sender, text, event, data, timestamp }) {
    const content = [event === undefined ? '' : `[${event}]`, text ?? '', data === undefined ? '' : JSON.stringify(data)];
    return { at: timestamp, head: sender, text: content.filter((part) => part !== '').join(' ') };
  },
};

// split returns the app and the name of a channel.
function split(name) {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}

const channels = {
  kind: 'channels', room: 'channel', member: 'subscriber', message: 'event',
  nobody: 'No user is in the channel.',
  head: 'test', // the name of the event at first
  noApp: true, // until the server has said otherwise

  path: (name, ...parts) => path('channels', ...split(name), ...parts),

  shown(name) {
    const [app, text] = split(name);
    return [text, `app ${app}`];
  },

  async search(prefix, n) {
    const { apps } = await request('/api/apps');
    this.noApp = apps.length === 0;
    if (this.noApp) return { rooms: [], more: false };
    const app = offer(document.getElementById('app'), apps);
    return read(`/api/channels?app=${encodeURIComponent(app)}&prefix=${encodeURIComponent(prefix)}&`, '', n, () => true);
  },

  names: (name) => /^[^/]*\/presence-/.test(name),

  body: (name, data) => ({ name, data }),

  // Events have no time. Those that arrive while the page shows the channel get the time of their arrival.
  parts({ event, data, user_id: user }, live) {
    return { at: live ? Date.now() : undefined, head: event, text: user === undefined ? data : `[${user}] ${data}` };
  },
};

// offer offers apps, besides all of them. It returns the one that is chosen.
function offer(select, apps) {
  const chosen = select.value;
  const ids = ['', ...apps];
  if ([...select.options].map(({ value }) => value).join() === ids.join()) return chosen;
  select.replaceChildren(...ids.map((id) => new Option(id === '' ? 'all apps' : id, id, false, id === chosen)));
  return select.value;
}

export const source = location.pathname === '/channels' ? channels : native;
