// The pages of rooms and of channels. While such a page is visible, it requests the list, and the room that was chosen, once
// per second.
import { number } from './figures.js';
import { Failed } from './request.js';
import { Room } from './room.js';
import { source } from './sources.js';

const every = 1000; // ms from an answer to the next request
const page = 100; // rooms that are shown at first, and more of them per click

const $ = (id) => document.getElementById(id);
const list = { pages: 1 };
let room = null; // the room that was chosen
let timer = 0;
let running = false;

// ---- the list of rooms

async function showList() {
  const { rooms, more } = await source.search($('search').value, list.pages * page);
  $('no-rooms').hidden = rooms.length > 0;
  $('no-rooms').textContent = none();
  $('more').hidden = !more;
  const text = JSON.stringify([rooms, chosen()]);
  if ($('rooms').dataset.rows === text) return; // so that a selection and the focus are kept
  $('rooms').dataset.rows = text;
  const focused = document.activeElement?.closest?.('#rooms a')?.hash;
  $('rooms').replaceChildren(...rooms.map(row));
  if (focused !== undefined) [...$('rooms').querySelectorAll('a')].find((a) => a.hash === focused)?.focus();
}

// none says why the list is empty.
function none() {
  if (source.noApp) return 'The server has no app that may use the Pusher Channels protocol.';
  return $('search').value === '' ? `No ${source.room} has ${source.member}s or ${source.message}s.` : `No ${source.room} has such a name.`;
}

function row({ room: name, members, seq }) {
  const line = document.createElement('tr');
  const head = Object.assign(document.createElement('th'), { scope: 'row' });
  const [text, ...rest] = source.shown(name);
  const link = Object.assign(document.createElement('a'), { href: `#${encodeURIComponent(name)}`, textContent: text });
  if (name === chosen()) link.setAttribute('aria-current', 'true');
  head.append(link, ...rest.map((part) => Object.assign(document.createElement('small'), { textContent: part })));
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
  room?.close();
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

document.body.dataset.kind = source.kind;
document.title = `plenum: ${source.kind}`;
$('head').value = source.head;
for (const id of ['search', 'app']) $(id).addEventListener('input', () => { list.pages = 1; refresh(); });
$('more').addEventListener('click', () => { list.pages++; refresh(); });
$('more-members').addEventListener('click', () => { room.moreMembers(); refresh(); });
$('publish').addEventListener('submit', async (event) => {
  event.preventDefault();
  await room.publish($('head').value, $('content').value);
  refresh();
});
addEventListener('hashchange', choose);
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
choose();
