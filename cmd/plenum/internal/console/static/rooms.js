// The page of rooms. While it is visible, it requests the list of rooms, and the room that was chosen, once per second.
import { number } from './figures.js';
import { Failed, found, path, request } from './request.js';
import { Room } from './room.js';

const every = 1000; // ms from an answer to the next request
const page = 100; // rooms per request

const $ = (id) => document.getElementById(id);
const list = { pages: 1, found: [] };
let room = null; // the room that was chosen
let timer = 0;
let running = false;

// ---- the list of rooms

// search returns up to n rooms whose names begin with prefix, and whether there are more. The server lists the rooms after a
// name, in the order of their bytes, so the room with this very name is requested by itself.
async function search(prefix, n) {
  const exact = prefix === '' ? undefined : await found(path(prefix));
  const rooms = exact ? [exact] : [];
  let cursor = prefix;
  do {
    const next = await request(`/api/rooms?limit=${page}&cursor=${encodeURIComponent(cursor)}`);
    const fitting = next.rooms.filter(({ room: name }) => name.startsWith(prefix));
    rooms.push(...fitting);
    cursor = fitting.length < next.rooms.length ? '' : next.cursor;
  } while (cursor !== '' && rooms.length < n);
  return { rooms: rooms.slice(0, n), more: cursor !== '' || rooms.length > n };
}

async function showList() {
  const { rooms, more } = await search($('search').value, list.pages * page);
  list.found = rooms;
  $('no-rooms').hidden = rooms.length > 0;
  $('no-rooms').textContent = $('search').value === '' ? 'No room has members or messages.' : 'No room has such a name.';
  $('more').hidden = !more;
  const text = JSON.stringify([rooms, chosen()]);
  if ($('rooms').dataset.rows === text) return; // so that a selection and the focus are kept
  $('rooms').dataset.rows = text;
  const focused = document.activeElement?.closest?.('#rooms a')?.textContent;
  $('rooms').replaceChildren(...rooms.map(row));
  if (focused !== undefined) [...$('rooms').querySelectorAll('a')].find((a) => a.textContent === focused)?.focus();
}

function row({ room: name, members, seq }) {
  const line = document.createElement('tr');
  const head = Object.assign(document.createElement('th'), { scope: 'row' });
  const link = Object.assign(document.createElement('a'), { href: `#${encodeURIComponent(name)}`, textContent: name });
  if (name === chosen()) link.setAttribute('aria-current', 'true');
  head.append(link);
  line.append(head, ...[members, seq].map((n) => Object.assign(document.createElement('td'), { textContent: number(n) })));
  return line;
}

// ---- the chosen room

// chosen returns the name of the room in the page's address, or ''.
function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

function choose() {
  const name = chosen();
  room = name === '' ? null : new Room(name);
  $('choose').hidden = room !== null;
  $('room').hidden = room === null;
  refresh();
}

// ---- polling

// refresh requests everything that is shown. If a request is under way, it does so afterwards.
async function refresh() {
  clearTimeout(timer);
  if (running) return;
  running = true;
  const shown = room;
  try {
    await showList();
    await shown?.refresh();
    show('live', 'Live');
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    show('silent', error.message);
  } finally {
    running = false;
  }
  if (document.hidden) return show('paused', 'Paused');
  timer = setTimeout(refresh, shown === room ? every : 0);
}

function show(state, text) {
  document.body.dataset.state = state;
  $('state').textContent = text;
}

$('search').addEventListener('input', () => { list.pages = 1; refresh(); });
$('more').addEventListener('click', () => { list.pages++; refresh(); });
$('more-members').addEventListener('click', () => { room.moreMembers(); refresh(); });
$('publish').addEventListener('submit', async (event) => {
  event.preventDefault();
  await room.publish($('sender').value, $('text').value);
  refresh();
});
addEventListener('hashchange', choose);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
choose();
